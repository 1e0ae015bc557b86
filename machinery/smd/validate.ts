import type { JsonValue } from "../json/value.ts";
import { isObject } from "../json/value.ts";
import type { FieldType, ListType, MapType, ScalarKind } from "./field-type.ts";
import { elementOfKey, narrow } from "./field-type.ts";
import { goTypeName, printWrapped, printWrappedSyntax } from "./go-print.ts";
import { itemElement } from "./list-item.ts";
import type { PathElement } from "./path-element.ts";
import { indexElement, printElement } from "./path-element.ts";

/** A value that does not have its type; `path` is empty at the root. */
export interface TypeProblem {
  readonly path: string;
  readonly message: string;
}

/** One problem as `path: message`, several as an indented list. */
export function printProblems(problems: readonly TypeProblem[]): string {
  const print = ({ path, message }: TypeProblem): string => (path === "" ? message : `${path}: ${message}`);
  const [first] = problems;
  if (problems.length === 1 && first !== undefined) return print(first);
  return ["errors:", ...problems.map((problem) => `  ${print(problem)}`)].join("\n");
}

/** Checks that a value has a type: declared fields only, right forms, items with keys, no duplicate items unless allowed. */
export function checkType(
  value: JsonValue,
  type: FieldType,
  options: { allowDuplicates: boolean } = { allowDuplicates: false },
): TypeProblem[] {
  const problems: TypeProblem[] = [];
  new Checker(problems, options.allowDuplicates).check(value, type, []);
  return problems;
}

class Checker {
  readonly #problems: TypeProblem[];
  readonly #allowDuplicates: boolean;

  constructor(problems: TypeProblem[], allowDuplicates: boolean) {
    this.#problems = problems;
    this.#allowDuplicates = allowDuplicates;
  }

  #report(path: readonly PathElement[], message: string): void {
    this.#problems.push({ path: path.map(printElement).join(""), message });
  }

  check(value: JsonValue, type: FieldType, path: PathElement[]): void {
    const { map, scalar, list } = narrow(type, value);
    if (map !== undefined) this.#checkMap(value, map, path);
    else if (scalar !== undefined) this.#checkScalar(value, scalar, path);
    else if (list !== undefined) this.#checkList(value, list, path);
  }

  #checkScalar(value: JsonValue, kind: ScalarKind, path: readonly PathElement[]): void {
    const message = scalarProblem(value, kind);
    if (message !== undefined) this.#report(path, message);
  }

  #checkMap(value: JsonValue, map: MapType, path: PathElement[]): void {
    if (value === null) return;
    if (!isObject(value)) {
      this.#report(path, `expected map, got ${printWrapped(value)}`);
      return;
    }
    for (const key of Object.keys(value)) {
      const type = map.fields.get(key)?.type ?? map.values;
      path.push(elementOfKey(map, key));
      if (type === undefined) this.#report(path, "field not declared in schema");
      else this.check(value[key] as JsonValue, type, path);
      path.pop();
      // kube-apiserver names one undeclared field per object.
      if (type === undefined) return;
    }
  }

  #checkList(value: JsonValue, list: ListType, path: PathElement[]): void {
    if (value === null) return;
    if (!Array.isArray(value)) {
      this.#report(path, `expected list, got ${printWrapped(value)}`);
      return;
    }
    const seen = this.#allowDuplicates ? undefined : new Set<PathElement>();
    for (const [index, item] of value.entries()) {
      const element = list.atomic ? indexElement(index) : itemElement(list, item);
      if (typeof element !== "string") {
        this.#report(path, `element ${String(index)}: ${element.problem}`);
        return;
      }
      if (seen?.has(element) === true) {
        this.#report(path, `duplicate entries for key ${printElement(element)}`);
      }
      seen?.add(element);
      path.push(element);
      this.check(item, list.item, path);
      path.pop();
    }
  }
}

const isNumber = (value: JsonValue): boolean => typeof value === "number" || typeof value === "bigint";

/** Why a value is no scalar of the kind, undefined when it is one; null is of every kind. */
function scalarProblem(value: JsonValue, kind: ScalarKind): string | undefined {
  if (value === null) return undefined;
  switch (kind) {
    case "numeric":
      return isNumber(value) ? undefined : `expected numeric (int or float), got ${goTypeName(value)}`;
    case "string":
      return typeof value === "string" ? undefined : `expected string, got ${printWrappedSyntax(value)}`;
    case "boolean":
      return typeof value === "boolean" ? undefined : `expected boolean, got ${printWrapped(value)}`;
    case "untyped":
      return typeof value === "object" ? `expected any scalar, got ${printWrapped(value)}` : undefined;
  }
}
