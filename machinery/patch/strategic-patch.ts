import type { JsonObject, JsonValue } from "../json/value.ts";
import { cloneJson, equalJson, getKey, isObject, setKey } from "../json/value.ts";
import type { Structural } from "../schema/structural.ts";
import { applySetElementOrder, mergeOrder, sortByPatch } from "./element-order.ts";
import { PatchError } from "./patch-error.ts";
import type { ListStrategy } from "./patch-strategy.ts";
import { childSchema, listStrategy, replacesMap, withMetadata } from "./patch-strategy.ts";

/**
 * Strategic merge patch, which kubectl sends for core kinds: maps are merged, lists are merged by the merge key of
 * their schema, and directives (`$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`) say what
 * merging cannot.
 */

const PATCH = "$patch";
const RETAIN_KEYS = "$retainKeys";
export const SET_ELEMENT_ORDER = "$setElementOrder/";
const DELETE_FROM_LIST = "$deleteFromPrimitiveList/";

/** The patched object; neither argument is changed. Throws PatchError when the patch makes no sense. */
export function applyStrategicPatch(object: JsonObject, patch: JsonObject, schema: Structural): JsonObject {
  return mergeMap(cloneJson(object), cloneJson(patch), withMetadata(schema));
}

/** Both maps belong to this function and may be changed. */
function mergeMap(original: JsonObject, patch: JsonObject, schema: Structural | undefined): JsonObject {
  const directive = getKey(patch, PATCH);
  if (directive !== undefined) return replaceOrDelete(directive, patch);
  retainKeys(original, patch);
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(SET_ELEMENT_ORDER)) continue;
    const name = key.slice(SET_ELEMENT_ORDER.length);
    mergeOrderedList(original, patch, name, schema);
  }
  for (const key of Object.keys(patch)) {
    if (key.startsWith(SET_ELEMENT_ORDER)) continue;
    const value = getKey(patch, key) ?? null;
    if (key.startsWith(DELETE_FROM_LIST)) {
      deletePrimitives(original, key.slice(DELETE_FROM_LIST.length), value);
    } else if (value === null) {
      Reflect.deleteProperty(original, key);
    } else {
      mergeField(original, key, value, schema);
    }
  }
  return original;
}

function replaceOrDelete(directive: JsonValue, patch: JsonObject): JsonObject {
  if (directive === "delete") return {};
  if (directive !== "replace") throw badDirective(directive);
  Reflect.deleteProperty(patch, PATCH);
  return patch;
}

const badDirective = (directive: JsonValue): PatchError =>
  new PatchError(`unknown patch type: ${typeof directive === "string" ? directive : "not a string"}`);

function retainKeys(original: JsonObject, patch: JsonObject): void {
  const keep = getKey(patch, RETAIN_KEYS);
  if (keep === undefined) return;
  Reflect.deleteProperty(patch, RETAIN_KEYS);
  if (!Array.isArray(keep)) throw new PatchError("invalid patch format of retainKeys");
  for (const key of Object.keys(patch)) {
    if (patch[key] === null || key.startsWith(DELETE_FROM_LIST) || key.startsWith(SET_ELEMENT_ORDER))
      continue;
    if (!keep.includes(key)) throw new PatchError("invalid patch format of retainKeys");
  }
  for (const key of Object.keys(original)) {
    if (!keep.includes(key)) Reflect.deleteProperty(original, key);
  }
}

function mergeField(
  original: JsonObject,
  key: string,
  value: JsonValue,
  schema: Structural | undefined,
): void {
  const before = getKey(original, key);
  const below = childSchema(schema, key);
  if (isObject(before) && isObject(value)) {
    setKey(original, key, replacesMap(below) ? value : mergeMap(before, value, below));
    return;
  }
  if (Array.isArray(before) && Array.isArray(value)) {
    setKey(original, key, mergeList(before, value, below));
    return;
  }
  const added = withoutDirectives(value);
  if (added === undefined) Reflect.deleteProperty(original, key);
  else setKey(original, key, added);
}

/** A value that is new in the object: directives have nothing to act on, null members mean absent. */
function withoutDirectives(value: JsonValue): JsonValue | undefined {
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      const kept = withoutDirectives(item);
      return kept === undefined ? [] : [kept];
    });
  }
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, PATCH)) return undefined;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const member = getKey(value, key) ?? null;
    const kept = member === null || isListDirective(key) ? undefined : withoutDirectives(member);
    if (kept !== undefined) setKey(result, key, kept);
  }
  return result;
}

const isListDirective = (key: string): boolean =>
  key === RETAIN_KEYS || key.startsWith(SET_ELEMENT_ORDER) || key.startsWith(DELETE_FROM_LIST);

function mergeList(original: JsonValue[], patch: JsonValue[], schema: Structural | undefined): JsonValue[] {
  const strategy = listStrategy(schema);
  if (strategy === undefined) return patch;
  if (original.length === 0 && patch.length === 0) return original;
  const maps = [...original, ...patch].filter(isObject).length;
  if (maps === 0) return mergePrimitives(original, patch);
  if (maps < original.length + patch.length) throw new PatchError("list element types are not identical");
  return mergeMaps(original as JsonObject[], patch as JsonObject[], strategy, schema?.items);
}

function mergePrimitives(original: JsonValue[], patch: JsonValue[]): JsonValue[] {
  const merged = [...new Set([...original, ...patch])];
  const isPatched = (item: JsonValue): boolean => patch.includes(item);
  return mergeOrder(
    merged.filter((item) => !isPatched(item)),
    sortByPatch(merged.filter(isPatched), patch, equalJson),
    original,
    equalJson,
  );
}

function mergeMaps(
  original: JsonObject[],
  patch: JsonObject[],
  { keys }: ListStrategy,
  items: Structural | undefined,
): JsonValue[] {
  if (keys.length === 0) throw new PatchError("cannot merge lists without merge key");
  const same = (a: JsonValue, b: JsonValue): boolean =>
    isObject(a) && isObject(b) && keys.every((key) => equalJson(getKey(a, key), getKey(b, key)));
  let current = [...original];
  const plain: JsonObject[] = [];
  let replace = false;
  for (const item of patch) {
    const directive = getKey(item, PATCH);
    if (directive === undefined) plain.push(item);
    else if (directive === "replace") replace = true;
    else if (directive === "delete") {
      requireKeys(item, keys);
      current = current.filter((existing) => !same(existing, item));
    } else if (directive === "merge") {
      throw new PatchError("merging lists cannot yet be specified in the patch");
    } else throw badDirective(directive);
  }
  if (replace) return plain;
  for (const item of plain) {
    requireKeys(item, keys);
    const at = current.findIndex((existing) => same(existing, item));
    const existing = current[at];
    if (existing === undefined) current.push(item);
    else current[at] = mergeMap(existing, item, items);
  }
  const isPatched = (item: JsonValue): boolean => plain.some((other) => same(item, other));
  const patched = sortByPatch(current.filter(isPatched), plain, same);
  return mergeOrder(
    current.filter((item) => !isPatched(item)),
    patched,
    original,
    same,
  ).map((item) => (plain.includes(item as JsonObject) ? withoutDirectives(item) : item) ?? null);
}

function requireKeys(item: JsonObject, keys: readonly string[]): void {
  const missing = keys.find((key) => !Object.hasOwn(item, key));
  // Ports and the like default some of several keys, so one of them identifies an item.
  if (missing !== undefined && !keys.some((key) => Object.hasOwn(item, key))) {
    throw new PatchError(`map does not contain declared merge key: ${missing}`);
  }
}

function deletePrimitives(original: JsonObject, name: string, value: JsonValue): void {
  const before = getKey(original, name);
  if (!Array.isArray(before) || !Array.isArray(value)) return;
  setKey(
    original,
    name,
    before.filter((item) => !value.some((gone) => equalJson(item, gone))),
  );
}

/** Merges one list under a `$setElementOrder` directive, which says how the result is to be ordered. */
function mergeOrderedList(
  original: JsonObject,
  patch: JsonObject,
  name: string,
  schema: Structural | undefined,
): void {
  const order = getKey(patch, SET_ELEMENT_ORDER + name);
  if (!Array.isArray(order)) throw new PatchError("invalid patch format of setElementOrder list");
  const before = getKey(original, name);
  const change = getKey(patch, name);
  if (before === undefined && change === undefined) return;
  if ((before !== undefined && !Array.isArray(before)) || (change !== undefined && !Array.isArray(change))) {
    throw new PatchError("invalid patch format of setElementOrder list");
  }
  const below = childSchema(schema, name);
  const keys = listStrategy(below)?.keys ?? [];
  const merged =
    before === undefined
      ? (withoutDirectives(change ?? []) as JsonValue[])
      : change === undefined
        ? before
        : mergeList(before, change, below);
  setKey(
    original,
    name,
    applySetElementOrder({ merged, order, patch: change ?? [], live: before ?? [], keys }),
  );
  Reflect.deleteProperty(patch, name);
}
