import type { JsonObject, JsonValue } from "../json/value.ts";
import { cloneJson, equalJson, getKey, isObject } from "../json/value.ts";
import { sortedKeys } from "../json/encode.ts";
import type { JsonPatchOperation } from "./json-patch.ts";
import { printPointer } from "./pointer.ts";

type Path = readonly (string | number)[];

/** The JSON patch that turns `from` into `to`: empty when they are equal, deterministic, only add, remove, replace. */
export function diffJson(from: JsonValue, to: JsonValue): JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [];
  diffValue(from, to, [], operations);
  return operations;
}

function diffValue(from: JsonValue, to: JsonValue, path: Path, out: JsonPatchOperation[]): void {
  if (from === to) return;
  if (isObject(from) && isObject(to)) diffObject(from, to, path, out);
  else if (Array.isArray(from) && Array.isArray(to)) diffArray(from, to, path, out);
  else if (!equalJson(from, to)) out.push({ op: "replace", path: printPointer(path), value: cloneJson(to) });
}

function diffObject(from: JsonObject, to: JsonObject, path: Path, out: JsonPatchOperation[]): void {
  for (const key of sortedKeys(from)) {
    const after = getKey(to, key);
    if (after === undefined) out.push({ op: "remove", path: printPointer([...path, key]) });
    else diffValue(getKey(from, key) ?? null, after, [...path, key], out);
  }
  for (const key of sortedKeys(to)) {
    if (Object.hasOwn(from, key)) continue;
    out.push({ op: "add", path: printPointer([...path, key]), value: cloneJson(getKey(to, key) ?? null) });
  }
}

/** Equal heads and tails are kept; what lies between is changed in place, then cut or filled up. */
function diffArray(from: JsonValue[], to: JsonValue[], path: Path, out: JsonPatchOperation[]): void {
  const shorter = Math.min(from.length, to.length);
  let head = 0;
  while (head < shorter && equalJson(from[head], to[head])) head += 1;
  let tail = 0;
  while (tail < shorter - head && equalJson(from[from.length - 1 - tail], to[to.length - 1 - tail]))
    tail += 1;
  const fromEnd = from.length - tail;
  const toEnd = to.length - tail;
  const common = Math.min(fromEnd, toEnd);
  for (let i = head; i < common; i++) diffValue(from[i] ?? null, to[i] ?? null, [...path, i], out);
  for (let i = fromEnd - 1; i >= common; i--) out.push({ op: "remove", path: printPointer([...path, i]) });
  for (let i = common; i < toEnd; i++) {
    out.push({ op: "add", path: printPointer([...path, i]), value: cloneJson(to[i] ?? null) });
  }
}
