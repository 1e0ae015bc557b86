import type { JsonValue } from "../json/value.ts";
import { getKey, isObject } from "../json/value.ts";

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

/** Keys that are no scalars identify nothing; such items are invalid anyway. */
function scalarMapKey(item: JsonValue, keys: readonly string[]): string | undefined {
  const isScalar = (value: JsonValue | undefined): boolean => typeof value !== "object" || value === null;
  return isObject(item) && keys.every((key) => isScalar(getKey(item, key)))
    ? listMapKey(item, keys)
    : undefined;
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
