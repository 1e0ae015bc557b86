import type { JsonValue } from "../json/value.ts";
import { isObject, getKey } from "../json/value.ts";
import { filterHolds } from "./filter.ts";
import { parseJsonPath } from "./parser.ts";
import type { Step } from "./step.ts";

/**
 * The JSONPath dialect of CustomResourceDefinitions (columns, scale, selectable fields): `.spec.x`, `['a.b']`, `[0]`,
 * `[-1]`, `[1:3]`, `[*]`, `..name`, `[?(@.type=="Ready")]`, with or without surrounding braces. Missing keys yield
 * nothing instead of failing.
 */
export type CompiledJsonPath = (value: JsonValue) => JsonValue[];

export { JsonPathError } from "./step.ts";

/** Compiles a path once for many values. Throws JsonPathError. */
export function compileJsonPath(text: string): CompiledJsonPath {
  const steps = parseJsonPath(text);
  return (value) => evaluate(steps, value);
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

function evaluate(steps: readonly Step[], value: JsonValue): JsonValue[] {
  let current: JsonValue[] = [value];
  for (const step of steps) {
    const next: JsonValue[] = [];
    for (const item of current) for (const found of take(step, item)) next.push(found);
    current = next;
  }
  return current;
}

function take(step: Step, value: JsonValue): readonly JsonValue[] {
  switch (step.kind) {
    case "field": {
      const found = isObject(value) ? getKey(value, step.name) : undefined;
      return found === undefined ? [] : [found];
    }
    case "wildcard":
      return childrenOf(value);
    case "slice":
      return Array.isArray(value) ? slice(value, step) : [];
    case "union":
      return step.branches.flatMap((branch) => take(branch, value));
    case "descend":
      return descendants(value, step.name);
    case "filter":
      return childrenOf(value).filter((item) => filterHolds(step.filter, item, evaluate));
  }
}

const childrenOf = (value: JsonValue): JsonValue[] =>
  Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];

function slice(items: JsonValue[], step: Step & { kind: "slice" }): JsonValue[] {
  const at = (i: number): number => (i < 0 ? i + items.length : i);
  if (step.single) {
    const found = items[at(step.from)];
    return found === undefined ? [] : [found];
  }
  const result: JsonValue[] = [];
  const end = Math.min(step.to === undefined ? items.length : at(step.to), items.length);
  for (let i = Math.max(at(step.from), 0); i < end; i += step.by) result.push(items[i] as JsonValue);
  return result;
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
