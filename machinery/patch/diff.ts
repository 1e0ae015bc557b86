import type { JsonObject, JsonValue } from "../json/value.ts";
import { cloneJson, equalJson, getKey, isObject } from "../json/value.ts";
import type { JsonPatchOperation } from "./json-patch.ts";
import { printPointer } from "./pointer.ts";

/**
 * The JSON patch that turns `from` into `to`: empty when they are equal, only add, remove, replace, in the order the keys
 * have.
 */
export function diffJson(from: JsonValue, to: JsonValue): JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [];
  diffMember(from, to, [], operations);
  return operations;
}

/** Where the comparison is. It grows and shrinks with it: most of what is compared is equal, and no path is needed. */
type Path = (string | number)[];

/** One member before and after, which is undefined where there is none; the path leads to it. */
function diffMember(
  from: JsonValue | undefined,
  to: JsonValue | undefined,
  path: Path,
  out: JsonPatchOperation[],
): void {
  if (from === to) return;
  if (to === undefined) out.push({ op: "remove", path: printPointer(path) });
  else if (from === undefined) out.push({ op: "add", path: printPointer(path), value: cloneJson(to) });
  else if (isObject(from) && isObject(to)) diffObject(from, to, path, out);
  else if (Array.isArray(from) && Array.isArray(to)) diffArray(from, to, path, out);
  else out.push({ op: "replace", path: printPointer(path), value: cloneJson(to) });
}

function diffObject(from: JsonObject, to: JsonObject, path: Path, out: JsonPatchOperation[]): void {
  for (const key of Object.keys(from)) {
    path.push(key);
    diffMember(from[key], getKey(to, key), path, out);
    path.pop();
  }
  for (const key of Object.keys(to)) {
    if (Object.hasOwn(from, key)) continue;
    path.push(key);
    diffMember(undefined, to[key], path, out);
    path.pop();
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
  const diffItem = (i: number, before: JsonValue | undefined, after: JsonValue | undefined): void => {
    path.push(i);
    diffMember(before, after, path, out);
    path.pop();
  };
  for (let i = head; i < common; i++) diffItem(i, from[i], to[i]);
  for (let i = fromEnd - 1; i >= common; i--) diffItem(i, from[i], undefined);
  for (let i = common; i < toEnd; i++) diffItem(i, undefined, to[i]);
}
