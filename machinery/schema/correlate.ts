import type { JsonValue } from "../json/value.ts";
import { equalJson, getKey, isObject } from "../json/value.ts";
import type { Structural } from "./structural.ts";

/**
 * Finds the old item of a new one. Only items of map lists have an identity that survives an update; those of atomic
 * lists and sets do not correlate, and neither do items whose keys repeat in the old list.
 */
export function correlateItems(
  old: JsonValue | undefined,
  listMapKeys: readonly string[] | undefined,
): ((item: JsonValue) => JsonValue | undefined) | undefined {
  if (listMapKeys === undefined || !Array.isArray(old) || old.length === 0) return undefined;
  const byKey = new Map<string, JsonValue>();
  for (const item of old) {
    const key = scalarMapKey(item, listMapKeys);
    if (key !== undefined && !byKey.has(key)) byKey.set(key, item);
  }
  return (item) => {
    const key = scalarMapKey(item, listMapKeys);
    return key === undefined ? undefined : byKey.get(key);
  };
}

/** An item that lacks a key, or whose key is null or no scalar, is none of the old ones. */
function scalarMapKey(item: JsonValue, keys: readonly string[]): string | undefined {
  const isScalar = (value: JsonValue | undefined): boolean =>
    value !== undefined && value !== null && typeof value !== "object";
  return isObject(item) && keys.every((key) => isScalar(getKey(item, key)))
    ? listMapKey(item, keys)
    : undefined;
}

/** The schema of a field that is declared by name or as any other. */
export function fieldSchema(schema: Structural | undefined, key: string): Structural | undefined {
  const other = schema?.additionalProperties;
  return schema?.properties?.get(key) ?? (other === true ? undefined : other);
}

/**
 * Whether a value is what it was, to kube-apiserver: fields nobody declared and items of map lists without their keys
 * have no old value, so what they are in has always changed.
 */
export function isUnchanged(value: JsonValue, old: JsonValue, schema: Structural | undefined): boolean {
  if (Array.isArray(value)) {
    if (!Array.isArray(old) || value.length !== old.length) return false;
    const isMap = schema?.listType === "map" && value.length > 0;
    const correlated = isMap ? correlateItems(old, schema.listMapKeys) : undefined;
    if (correlated === undefined) return equalJson(value, old);
    return value.every((item) => {
      const was = correlated(item);
      return was !== undefined && isUnchanged(item, was, schema?.items);
    });
  }
  if (!isObject(value) || !isObject(old)) return equalJson(value, old);
  const keys = Object.keys(value);
  return (
    keys.length === Object.keys(old).length &&
    keys.every((key) => {
      const [field, was] = [fieldSchema(schema, key), getKey(old, key)];
      return field !== undefined && was !== undefined && isUnchanged(value[key] ?? null, was, field);
    })
  );
}

/** The keys of an item of a map list as one text; absent keys differ from every value. */
export function listMapKey(item: JsonValue, keys: readonly string[]): string | undefined {
  if (!isObject(item)) return undefined;
  return keys.map((key) => scalarKey(getKey(item, key))).join(",");
}

/** A text that is the same for equal JSON values only; undefined has one of its own. */
export function scalarKey(value: JsonValue | undefined): string {
  if (value === undefined) return "-";
  if (typeof value === "bigint") return `${value.toString()}n`;
  if (Array.isArray(value)) return `[${value.map(scalarKey).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${scalarKey(getKey(value, key))}`);
  return `{${entries.join(",")}}`;
}
