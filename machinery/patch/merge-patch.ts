import type { JsonObject, JsonValue } from "../json/value.ts";
import { jsonTypeName } from "../json/type-name.ts";
import { PatchError } from "./patch-error.ts";
import { cloneJson, equalJson, getKey, isObject, setKey } from "../json/value.ts";

/** Checks that decoded JSON can patch an object. Throws PatchError in the words of Go's decoder. */
export function readMergePatch(value: JsonValue): JsonObject {
  if (isObject(value)) return value;
  throw new PatchError(
    `json: cannot unmarshal ${jsonTypeName(value)} into Go value of type map[string]interface {}`,
  );
}

/** The result of a JSON merge patch (RFC 7386). Neither argument is changed, nothing of them is shared. */
export function applyMergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isObject(patch)) return isObject(target) ? cloneJson(patch) : withoutNulls(patch);
  const result: JsonObject = isObject(target) ? { ...target } : {};
  // The spread copies an own `__proto__` as a property, so only assignments need setKey.
  for (const key of Object.keys(patch)) {
    const value = getKey(patch, key);
    if (value === undefined || value === null) Reflect.deleteProperty(result, key);
    else setKey(result, key, applyMergePatch(getKey(result, key), value));
  }
  for (const key of Object.keys(result)) {
    if (!Object.hasOwn(patch, key)) setKey(result, key, cloneJson(getKey(result, key) ?? null));
  }
  return result;
}

/** What kube-apiserver's library takes for new: null members are left out, also of objects in lists. */
function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const kept: JsonObject = {};
  for (const key of Object.keys(value)) {
    const member = getKey(value, key) ?? null;
    if (member !== null) setKey(kept, key, withoutNulls(member));
  }
  return kept;
}

/** The merge patch that turns `from` into `to`, undefined when they are equal. `to` must not contain null members. */
export function createMergePatch(from: JsonValue, to: JsonValue): JsonValue | undefined {
  if (!isObject(from) || !isObject(to)) return equalJson(from, to) ? undefined : cloneJson(to);
  const patch: JsonObject = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) setKey(patch, key, null);
  for (const key of Object.keys(to)) {
    const before = getKey(from, key);
    const after = getKey(to, key) ?? null;
    const change = before === undefined ? cloneJson(after) : createMergePatch(before, after);
    if (change !== undefined) setKey(patch, key, change);
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}
