import type { JsonObject, JsonValue } from "../json/value.ts";
import { getKey, isObject } from "../json/value.ts";

const surrogate = /[\ud800-\udfff]/;

/** The order of strings by their UTF-8 bytes, as Go compares them. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  if (surrogate.test(a) || surrogate.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

const compareSimple = <T extends number | bigint | boolean>(a: T, b: T): number =>
  a < b ? -1 : a > b ? 1 : 0;

function rank(value: JsonValue): number {
  if (typeof value === "number" || typeof value === "bigint") return 0;
  if (typeof value === "string") return 1;
  if (typeof value === "boolean") return 2;
  if (Array.isArray(value)) return 3;
  return value === null ? 5 : 4;
}

/** A total order of JSON values: numbers, strings, booleans, lists, objects, null. */
export function compareValues(a: JsonValue, b: JsonValue): number {
  const kind = rank(a) - rank(b);
  if (kind !== 0) return kind;
  if (typeof a === "string") return compareText(a, b as string);
  if (Array.isArray(a)) return compareLists(a, b as JsonValue[]);
  if (isObject(a)) return compareObjects(a, b as JsonObject);
  return a === null ? 0 : compareSimple(a, b as typeof a);
}

function compareLists(a: readonly JsonValue[], b: readonly JsonValue[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareValues(a[i] as JsonValue, b[i] as JsonValue);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareObjects(a: JsonObject, b: JsonObject): number {
  const aKeys = Object.keys(a).sort(compareText);
  const bKeys = Object.keys(b).sort(compareText);
  for (let i = 0; i < aKeys.length && i < bKeys.length; i++) {
    const [aKey, bKey] = [aKeys[i] as string, bKeys[i] as string];
    const order = compareText(aKey, bKey) || compareValues(getKey(a, aKey) ?? null, getKey(b, bKey) ?? null);
    if (order !== 0) return order;
  }
  return aKeys.length - bKeys.length;
}
