import { listMapKey, scalarKey } from "../schema/correlate.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { getKey, isObject } from "../json/value.ts";
import type { Structural } from "../schema/structural.ts";
import { escapeName, unescapeName } from "./escape.ts";
import { parseDuration, parseTimestamp } from "./time.ts";
import type { Value } from "./value.ts";
import { CelError, CelList, CelMap, noSuchOverload } from "./value.ts";

/**
 * JSON data as CEL values, guided by the schema: `3` is an int in an integer field and a double in a number field,
 * strings of format date-time are timestamps. Without a schema a whole number is an int. Containers are views.
 * Data that is not of the type the schema gives it throws a CelError.
 */
export function jsonToCel(json: JsonValue, schema: Structural | undefined, isResource = false): Value {
  if (schema !== undefined) checkFits(json, schema);
  if (json === null) return null;
  if (schema?.intOrString === true) return jsonToCel(json, undefined);
  if (Array.isArray(json)) return listView(json, schema);
  if (isObject(json)) return objectView(json, schema, isResource || schema?.embeddedResource === true);
  switch (typeof json) {
    case "string":
      return stringValue(json, schema);
    case "number":
      return schema?.type === "number" || !Number.isInteger(json) ? json : BigInt(json);
    case "bigint":
      return schema?.type === "number" ? Number(json) : json;
    default:
      return json;
  }
}

/** Whether data is what each type wants, and how that is named where it is not. */
const wanted: Readonly<
  Record<string, { readonly fits: (json: JsonValue) => boolean; readonly says: string; readonly got?: true }>
> = {
  object: { fits: isObject, says: "a map for the provided schema with type=object" },
  array: { fits: Array.isArray, says: "an array for the provided schema with type=array" },
  string: { fits: (json) => typeof json === "string", says: "string", got: true },
  number: { fits: (json) => typeof json === "number" || typeof json === "bigint", says: "float", got: true },
  integer: { fits: isWhole, says: "int", got: true },
  boolean: { fits: (json) => typeof json === "boolean", says: "bool", got: true },
};

/** Rules see data nobody validated: what a version without a schema let in, beside the part a subresource writes. */
function checkFits(json: JsonValue, schema: Structural): void {
  if (json === null) {
    if (schema.nullable === true || (schema.type === undefined && schema.intOrString !== true)) return;
    throw new CelError("invalid data, got null for schema with nullable=false");
  }
  if (schema.intOrString === true) {
    if (typeof json === "string" || isWhole(json)) return;
    throw new CelError("invalid data, expected XIntOrString value to be either a string or integer");
  }
  const type = schema.type === undefined ? undefined : wanted[schema.type];
  if (type === undefined || type.fits(json)) return;
  throw new CelError(
    `invalid data, expected ${type.says}${type.got === undefined ? "" : `, got ${goType(json)}`}`,
  );
}

function isWhole(json: JsonValue): boolean {
  return typeof json === "bigint" || Number.isInteger(json);
}

/** The type Go's decoder gives data. */
function goType(json: JsonValue): string {
  if (Array.isArray(json)) return "[]interface {}";
  if (isObject(json)) return "map[string]interface {}";
  if (typeof json === "boolean") return "bool";
  return isWhole(json) ? "int64" : typeof json === "number" ? "float64" : "string";
}

function stringValue(text: string, schema: Structural | undefined): Value {
  switch (schema?.type === "string" ? schema.format : undefined) {
    case "date-time":
    case "date":
      return parseTimestamp(schema?.format === "date" ? `${text}T00:00:00Z` : text);
    case "duration":
      return parseDuration(text);
    case "byte":
      return new Uint8Array(Buffer.from(text, "base64"));
    default:
      return text;
  }
}

function listView(json: readonly JsonValue[], schema: Structural | undefined): CelList {
  const items = schema?.items;
  const identity = itemIdentity(schema);
  return new CelList({
    length: json.length,
    at: (i) => jsonToCel(json[i] as JsonValue, items),
    identity,
    isMap: schema?.listType === "map",
  });
}

function itemIdentity(schema: Structural | undefined): ((item: Value) => string) | undefined {
  if (schema?.listType === "set")
    return (item) => (typeof item === "bigint" ? item.toString() : scalarKey(toJson(item)));
  if (schema?.listType !== "map") return undefined;
  const keys = schema.listMapKeys ?? [];
  return (item) => {
    const raw = item instanceof CelMap ? item.source.json : undefined;
    return raw === undefined ? "" : (listMapKey(raw, keys) ?? "");
  };
}

/** `a + b` of set and map lists: what is already in `a` keeps its place, a map item of `b` replaces the one of `a`. */
export function concatLists(a: CelList, b: CelList): CelList {
  const { identity, isMap } = a.source;
  if (identity === undefined) return new CelList([...a.toArray(), ...b.toArray()]);
  const merged = new Map(a.toArray().map((item) => [identity(item), item]));
  for (const item of b.toArray())
    if (isMap === true || !merged.has(identity(item))) merged.set(identity(item), item);
  return new CelList([...merged.values()]);
}

function toJson(value: Value): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return value;
  if (value instanceof CelMap) return value.source.json ?? {};
  if (value instanceof CelList) return value.toArray().map(toJson);
  throw noSuchOverload();
}

const metadataName: Structural = {
  type: "object",
  properties: new Map<string, Structural>([
    ["name", { type: "string" }],
    ["generateName", { type: "string" }],
  ]),
};
const text: Structural = { type: "string" };

/** The schema of a field of an object; what is not declared is not visible to expressions. */
function fieldSchema(schema: Structural, key: string, isResource: boolean): Structural | undefined {
  if (isResource) {
    if (key === "apiVersion" || key === "kind") return text;
    if (key === "metadata") return metadataName;
  }
  return schema.properties?.get(key);
}

function objectView(json: JsonObject, schema: Structural | undefined, isResource: boolean): CelMap {
  const additional = schema?.additionalProperties;
  const isObjectType =
    schema !== undefined && additional === undefined && (isResource || schema.type === "object");
  return isObjectType
    ? declaredView(json, schema, isResource)
    : mapView(json, additional === true ? undefined : additional);
}

function declaredView(json: JsonObject, schema: Structural, isResource: boolean): CelMap {
  const get = (key: string): Value | undefined => {
    const field = fieldSchema(schema, key, isResource);
    if (field === undefined) return undefined;
    const value = getKey(json, key);
    return value === undefined ? undefined : jsonToCel(value, field);
  };
  return new CelMap({
    json,
    size: () => Object.keys(json).length,
    get: (key) => (typeof key === "string" ? get(key) : undefined),
    keys: () => Object.keys(json).filter((key) => fieldSchema(schema, key, isResource) !== undefined),
    select: (name) => {
      const key = unescapeName(name);
      return key === undefined || escapeName(key) !== name ? undefined : get(key);
    },
  });
}

function mapView(json: JsonObject, values: Structural | undefined): CelMap {
  const get = (key: Value): Value | undefined => {
    if (typeof key !== "string") return undefined;
    const value = getKey(json, key);
    return value === undefined ? undefined : jsonToCel(value, values);
  };
  return new CelMap({
    json,
    size: () => Object.keys(json).length,
    get,
    keys: () => Object.keys(json),
    select: get,
  });
}

/** A CEL value as JSON, for callers that want data back; throws for values JSON cannot hold. */
export function celToJson(value: Value): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number")
    return value;
  if (typeof value === "bigint")
    return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value)
      : value;
  if (value instanceof CelList) return value.toArray().map(celToJson);
  if (value instanceof CelMap) {
    const entries = value.keys().map((key) => [printKey(key), celToJson(value.get(key) ?? null)] as const);
    return Object.fromEntries(entries);
  }
  throw new CelError("value cannot be expressed in JSON");
}

function printKey(key: Value): string {
  if (typeof key === "string") return key;
  if (typeof key === "bigint" || typeof key === "boolean" || typeof key === "number") return String(key);
  throw new CelError("value cannot be expressed in JSON");
}
