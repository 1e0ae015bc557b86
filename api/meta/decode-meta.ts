import { sortedKeys } from "../../machinery/json/encode.ts";
import { jsonTypeName } from "../../machinery/json/type-name.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject, setKey } from "../../machinery/json/value.ts";
import type { MetaType } from "./object-meta-shape.ts";
import { objectMetaShape } from "./object-meta-shape.ts";
import { formatSeconds, parseTime } from "./time.ts";

/**
 * Metadata is the one part of an object that is typed the same for every kind. It is checked here for JSON types and
 * unknown fields, in the words of Go's decoder, and brought into the form it is stored in.
 */
export interface MetadataCheck {
  /** Decode errors without the `<Kind> in version … cannot be handled` around them; the first is the one to show. */
  readonly errors: readonly string[];
  /** Paths of fields metadata does not have, e.g. `metadata.bogus`. */
  readonly unknown: readonly string[];
}

interface Found {
  /** What ends decoding at once in Go, and is therefore the error shown whatever else is wrong. */
  readonly fatal: string[];
  readonly errors: string[];
  readonly unknown: string[];
}

/** Checks `object.metadata`; an absent one is fine. Nothing is changed. */
export function checkMetadata(object: JsonObject): MetadataCheck {
  const metadata = getKey(object, "metadata");
  const found: Found = { fatal: [], errors: [], unknown: [] };
  if (metadata === undefined || metadata === null) return { errors: [], unknown: [] };
  if (!isObject(metadata)) {
    const error = `json: cannot unmarshal ${jsonTypeName(metadata)} into Go value of type v1.ObjectMeta`;
    return { errors: [error], unknown: [] };
  }
  checkStruct(metadata, objectMetaShape, { struct: "ObjectMeta", field: "", path: "metadata" }, found);
  return { errors: [...found.fatal, ...found.errors], unknown: found.unknown };
}

/** Where a value stands: the Go struct, the dotted Go field, the path in the object. */
interface Place {
  readonly struct: string;
  readonly field: string;
  readonly path: string;
}

function checkStruct(object: JsonObject, type: MetaType & { kind: "struct" }, at: Place, found: Found): void {
  // Go reads it from what it wrote itself, where keys are sorted.
  for (const key of sortedKeys(object)) {
    const field = type.fields.get(key);
    const path = `${at.path}.${key}`;
    if (field === undefined) {
      found.unknown.push(path);
      continue;
    }
    const place = { struct: type.go, field: at.field === "" ? key : `${at.field}.${key}`, path };
    checkValue(getKey(object, key) ?? null, field, place, found);
  }
}

function checkValue(value: JsonValue, type: MetaType, at: Place, found: Found): void {
  if (value === null || type.kind === "any") return;
  switch (type.kind) {
    case "list":
      if (Array.isArray(value)) {
        value.forEach((item, i) => {
          checkValue(item, type.item, { ...at, path: `${at.path}[${String(i)}]` }, found);
        });
      } else found.errors.push(mismatch(value, at, type.go));
      return;
    case "map":
      if (!isObject(value)) found.errors.push(mismatch(value, at, "map[string]string"));
      else for (const item of Object.values(value)) checkValue(item, TEXT, at, found);
      return;
    case "struct":
      if (isObject(value)) checkStruct(value, type, at, found);
      else found.errors.push(mismatch(value, at, `v1.${type.go}`));
      return;
    case "time":
      checkTime(value, at, found);
      return;
    case "string":
    case "int64":
    case "bool":
      checkScalar(value, type, at, found);
  }
}

const TEXT: MetaType = { kind: "string", go: "string" };

const mismatch = (value: JsonValue, at: Place, type: string, literal = ""): string =>
  `json: cannot unmarshal ${jsonTypeName(value)}${literal} into Go struct field ${at.struct}.${at.field} of type ${type}`;

function checkTime(value: JsonValue, at: Place, found: Found): void {
  if (typeof value !== "string") {
    found.fatal.push(mismatch(value, at, "string"));
    return;
  }
  const parsed = parseTime(value);
  if (typeof parsed === "string") found.fatal.push(parsed);
}

function checkScalar(
  value: JsonValue,
  type: { readonly kind: "string" | "int64" | "bool"; readonly go: string },
  at: Place,
  found: Found,
): void {
  const jsonType = jsonTypeName(value);
  if (type.kind === "int64" && jsonType === "number") {
    if (typeof value === "number" && !Number.isSafeInteger(value)) {
      found.errors.push(mismatch(value, at, type.go, ` ${String(value)}`));
    }
    return;
  }
  if (jsonType !== type.kind) found.errors.push(mismatch(value, at, type.go));
}

/**
 * Metadata as it is kept, which is what Go's ObjectMeta encodes to: fields it does not have, nulls, zeros and empty
 * lists and maps left out, null labels as empty texts, times in UTC seconds. For metadata that passed checkMetadata.
 * A new object, in the order given.
 */
export function normalizeMetadata(metadata: JsonObject): JsonObject {
  const normal = normalizeStruct(metadata, objectMetaShape);
  // Read, never written: the field is gone from the API.
  Reflect.deleteProperty(normal, "selfLink");
  return normal;
}

function normalizeStruct(object: JsonObject, type: MetaType & { kind: "struct" }): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(object)) {
    const field = type.fields.get(key);
    const value = getKey(object, key) ?? null;
    if (field === undefined || value === null) continue;
    const normal = normalizeValue(value, field);
    if (!isEmpty(normal, field)) setKey(result, key, normal);
  }
  for (const [key, field] of type.fields) {
    if (field.kind === "string" && field.always === true) result[key] ??= "";
  }
  return result;
}

/** What Go's omitempty leaves out; pointers are empty only when null. */
function isEmpty(value: JsonValue, type: MetaType): boolean {
  switch (type.kind) {
    case "string":
      return value === "";
    case "int64":
      return type.pointer !== true && (value === 0 || value === null);
    case "list":
      return Array.isArray(value) && value.length === 0;
    case "map":
      return isObject(value) && Object.keys(value).length === 0;
    default:
      return false;
  }
}

function normalizeValue(value: JsonValue, type: MetaType): JsonValue {
  if (type.kind === "struct" && isObject(value)) return normalizeStruct(value, type);
  if (type.kind === "list" && Array.isArray(value)) {
    return value.map((item) =>
      type.item.kind === "struct" ? normalizeValue(item ?? {}, type.item) : (item ?? ""),
    );
  }
  if (type.kind === "map" && isObject(value)) {
    const result: JsonObject = {};
    for (const key of Object.keys(value)) setKey(result, key, getKey(value, key) ?? "");
    return result;
  }
  if (type.kind === "time" && typeof value === "string") {
    const parsed = parseTime(value);
    return parsed instanceof Date ? formatSeconds(parsed) : value;
  }
  return value;
}
