import type { JsonValue } from "../json/value.ts";
import { isObject, getKey } from "../json/value.ts";
import { filterHolds } from "./filter.ts";
import { parseJsonPath } from "./parser.ts";
import type { Step } from "./step.ts";

/**
 * The JSONPath dialect of CustomResourceDefinitions (columns, scale, selectable fields): `.spec.x`, `['a.b']`, `[0]`,
 * `[-1]`, `[1:3]`, `[*]`, `..name`, `[?(@.type=="Ready")]`, with or without surrounding braces. Missing keys yield
 * nothing; what is beyond the end of a list makes the whole path yield nothing, as it fails in Kubernetes.
 */
export type CompiledJsonPath = (value: JsonValue) => JsonValue[];

export { JsonPathError } from "./step.ts";

/** Compiles a path once for many values. Throws JsonPathError. */
export function compileJsonPath(text: string): CompiledJsonPath {
  const steps = parseJsonPath(text);
  return (value) => evaluate(steps, value) ?? [];
}

/** The keys of a path that consists of field names only, such as `.spec.replicas`; undefined for any other. */
export function simpleJsonPath(text: string): string[] | undefined {
  const keys: string[] = [];
  for (const step of parseJsonPath(text)) {
    if (step.kind !== "field") return undefined;
    keys.push(step.name);
  }
  return keys;
}

/** What a path finds; undefined where it fails. */
function evaluate(steps: readonly Step[], value: JsonValue): JsonValue[] | undefined {
  let current: JsonValue[] = [value];
  for (const step of steps) {
    const next: JsonValue[] = [];
    for (const item of current) {
      const found = take(step, item);
      if (found === undefined) return undefined;
      next.push(...found);
    }
    current = next;
  }
  return current;
}

function take(step: Step, value: JsonValue): readonly JsonValue[] | undefined {
  switch (step.kind) {
    case "field": {
      const found = isObject(value) ? getKey(value, step.name) : undefined;
      return found === undefined ? [] : [found];
    }
    case "wildcard":
      return childrenOf(value);
    case "slice":
      if (value === null) return [];
      return Array.isArray(value) ? slice(value, step) : undefined;
    case "union": {
      const found = step.branches.map((branch) => take(branch, value));
      return found.every((branch) => branch !== undefined) ? found.flat() : undefined;
    }
    case "descend":
      return descendants(value, step.name);
    case "filter":
      return childrenOf(value).filter((item) =>
        filterHolds(step.filter, item, (path, at) => evaluate(path, at) ?? []),
      );
  }
}

const childrenOf = (value: JsonValue): JsonValue[] =>
  Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];

/** Both ends have to be in the list, unless they are the same. */
function slice(items: JsonValue[], step: Step & { kind: "slice" }): JsonValue[] | undefined {
  const { length } = items;
  const at = (i: number): number => (i < 0 ? i + length : i);
  const from = at(step.from);
  const end = step.single ? from + 1 : step.to === undefined ? length : at(step.to);
  if (from === end) return [];
  if (from < 0 || from >= length || end < 0 || end > length || from > end) return undefined;
  return items.slice(from, end).filter((_, i) => i % step.by === 0);
}

function descendants(value: JsonValue, name: string): JsonValue[] {
  const found: JsonValue[] = [];
  if (isObject(value)) {
    const own = getKey(value, name);
    if (own !== undefined) found.push(own);
  }
  for (const child of childrenOf(value)) found.push(...descendants(child, name));
  return found;
}
