/**
 * The in-memory form of Kubernetes data. Objects are plain JavaScript objects, but their keys are data: a key may
 * be `__proto__` or `constructor`. Code that handles keys it did not write itself goes through getKey and setKey.
 *
 * Integers are `number` while they are safe and `bigint` when they are larger than 2^53 (and fit int64), so equal
 * values always have the same type.
 */
export type JsonPrimitive = null | boolean | number | bigint | string;
export type JsonValue = JsonPrimitive | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Whether the value is a JSON object: not null, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Own property or undefined; never something inherited such as `constructor`. */
export function getKey(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets an own property, also when the key is `__proto__`. */
export function setKey(object: JsonObject, key: string, value: JsonValue): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
    return;
  }
  object[key] = value;
}

/** The value at a path of own keys, or undefined as soon as one is missing. */
export function getPath(value: JsonValue | undefined, ...path: readonly string[]): JsonValue | undefined {
  let at = value;
  for (const key of path) {
    if (!isObject(at)) return undefined;
    at = getKey(at, key);
  }
  return at;
}

/** Sets the value at a path of keys, creating objects on the way; anything else in the way is replaced. */
export function setPath(object: JsonObject, path: readonly string[], value: JsonValue): void {
  let at = object;
  for (const key of path.slice(0, -1)) {
    const next = getKey(at, key);
    if (isObject(next)) {
      at = next;
      continue;
    }
    const created: JsonObject = {};
    setKey(at, key, created);
    at = created;
  }
  const last = path.at(-1);
  if (last !== undefined) setKey(at, last, value);
}

/** A deep copy; primitives are shared. */
export function cloneJson<T extends JsonValue>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => cloneJson(item)) as T;
  return cloneFields(value) as T;
}

function cloneFields(object: JsonObject): JsonObject {
  const copy: JsonObject = {};
  // Inherited keys cannot occur: the values are plain objects.
  for (const key in object) setKey(copy, key, cloneJson(object[key] as JsonValue));
  return copy;
}

/** Deep equality of JSON values; the order of keys does not count, the order of items does. */
export function equalJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && equalItems(a, b);
  return !Array.isArray(b) && equalFields(a, b);
}

function equalItems(a: readonly JsonValue[], b: readonly JsonValue[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!equalJson(a[i], b[i])) return false;
  return true;
}

function equalFields(a: JsonObject, b: JsonObject): boolean {
  let more = 0;
  // Inherited keys cannot occur: the values are plain objects.
  for (const key in a) {
    if (!Object.hasOwn(b, key) || !equalJson(a[key], b[key])) return false;
    more++;
  }
  for (const _key in b) more--;
  return more === 0;
}
