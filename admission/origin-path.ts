import type { JsonValue } from "../machinery/json/value.ts";
import { equalJson, getKey, isObject } from "../machinery/json/value.ts";

type Step = { readonly field: string } | { readonly index: number } | { readonly keys: readonly Key[] };
type Key = readonly [name: string, value: JsonValue];

/**
 * The path, inside what a user wrote, of a field of the resource it was merged into; undefined when the user did not
 * write it. Items of lists are found by what identifies them, because merging moves them.
 */
export function pathInOrigin(
  written: JsonValue | undefined,
  path: string,
  merged: JsonValue | undefined,
): string | undefined {
  let from = written;
  let to = merged;
  let result = "";
  for (const step of stepsOf(path)) {
    if (from === undefined) return undefined;
    if ("field" in step) {
      if (!isObject(from)) return undefined;
      from = getKey(from, step.field);
      to = isObject(to) ? getKey(to, step.field) : undefined;
      if (from === undefined) return undefined;
      result += result === "" ? step.field : `.${step.field}`;
      continue;
    }
    if (!Array.isArray(from)) return undefined;
    const target: JsonValue | undefined = Array.isArray(to) ? itemAt(to, step) : undefined;
    const index = indexOf(from, step, target);
    if (index < 0) return undefined;
    from = from[index];
    to = target;
    result += `[${String(index)}]`;
  }
  return result;
}

/**
 * What is left of a path below a pattern (`a.[].b`, `*` for any key), and the value there; undefined when the path does
 * not lead through it.
 */
export function pathBelow(
  pattern: string,
  path: string,
  object: JsonValue,
): { readonly path: string; readonly value: JsonValue | undefined } | undefined {
  const expression = pattern
    .split(".")
    .map((step) => (step === "[]" ? "\\[[^\\]]*\\]" : step === "*" ? "\\.[^.[]+" : `\\.${step}`))
    .join("");
  const [prefix] = new RegExp(`^${expression}(?=\\.)`).exec(`.${path}`) ?? [];
  if (prefix === undefined) return undefined;
  let value: JsonValue | undefined = object;
  for (const step of stepsOf(prefix.slice(1))) {
    if ("field" in step) value = isObject(value) ? getKey(value, step.field) : undefined;
    else value = Array.isArray(value) ? itemAt(value, step) : undefined;
  }
  return { path: path.slice(prefix.length), value };
}

const itemAt = (list: readonly JsonValue[], step: Exclude<Step, { field: string }>): JsonValue | undefined =>
  "index" in step ? list[step.index] : list.find((item) => hasKeys(item, step.keys));

/** What tells the items of a list apart, in this order. */
const identifying = ["name", "groupName"];

function indexOf(
  list: readonly JsonValue[],
  step: Exclude<Step, { field: string }>,
  target: JsonValue | undefined,
): number {
  if ("keys" in step) return list.findIndex((item) => hasKeys(item, step.keys));
  if (target === undefined) return step.index < list.length ? step.index : -1;
  for (const key of identifying) {
    const name = isObject(target) ? getKey(target, key) : undefined;
    if (name === undefined) continue;
    return list.findIndex((item) => isObject(item) && equalJson(getKey(item, key), name));
  }
  return list.findIndex((item) => equalJson(item, target));
}

function hasKeys(item: JsonValue, keys: readonly Key[]): boolean {
  return keys.every(([name, value]) =>
    equalJson(name === "" ? item : isObject(item) ? getKey(item, name) : undefined, value),
  );
}

/** `a.b[0].c`, with items also as `[name="x",port=1]` or, in a set, `[="x"]`. */
function stepsOf(path: string): Step[] {
  const steps: Step[] = [];
  for (const [, field, selector] of path.matchAll(/\.?([^.[\]]+)|\[((?:"(?:[^"\\]|\\.)*"|[^"\]])*)\]/g)) {
    if (field !== undefined) steps.push({ field });
    else if (/^\d+$/.test(selector ?? "")) steps.push({ index: Number(selector) });
    else steps.push({ keys: keysOf(selector ?? "") });
  }
  return steps;
}

function keysOf(selector: string): Key[] {
  return [...selector.matchAll(/([^=,"]*)=("(?:[^"\\]|\\.)*"|[^,"]+)/g)].map(([, name = "", value = ""]) => [
    name,
    parsed(value),
  ]);
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
