/**
 * ObjectMeta as Go prints the struct: fields in declaration order, empty ones left out, maps sorted. Written as text,
 * because JavaScript objects cannot keep an order of their own for keys that look like numbers.
 */
import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";

const metaFields = [
  "name",
  "generateName",
  "namespace",
  "selfLink",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "labels",
  "annotations",
  "ownerReferences",
  "finalizers",
  "managedFields",
] as const;
const ownerFields = ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"] as const;
const managedFields = [
  "manager",
  "operation",
  "apiVersion",
  "time",
  "fieldsType",
  "fieldsV1",
  "subresource",
] as const;

/** Metadata in the order of the Go struct. */
export function encodeTypedMetadata(metadata: JsonValue | undefined): string {
  return isObject(metadata) ? encodeFields(metadata, metaFields) : "{}";
}

/** The named fields of an object in the order given, empty ones left out. */
export function encodeFields(object: JsonObject, fields: readonly string[]): string {
  const parts: string[] = [];
  for (const field of fields) {
    const value = getKey(object, field);
    if (value === undefined || isEmpty(value, field)) continue;
    parts.push(`${JSON.stringify(field)}:${encodeField(field, value)}`);
  }
  return `{${parts.join(",")}}`;
}

function encodeField(field: string, value: JsonValue): string {
  if (field === "ownerReferences") return encodeStructs(value, ownerFields);
  if (field === "managedFields") return encodeStructs(value, managedFields);
  return encodeJson(value);
}

function encodeStructs(value: JsonValue, fields: readonly string[]): string {
  if (!Array.isArray(value)) return encodeJson(value);
  return `[${value.map((item) => (isObject(item) ? encodeStruct(item, fields) : encodeJson(item))).join(",")}]`;
}

function encodeStruct(object: JsonObject, fields: readonly string[]): string {
  const parts: string[] = [];
  for (const field of fields) {
    const value = getKey(object, field);
    if (value !== undefined) parts.push(`"${field}":${encodeJson(value)}`);
  }
  return `{${parts.join(",")}}`;
}

/** What Go's omitempty leaves out. A grace period of 0 is a pointer and stays. */
function isEmpty(value: JsonValue, field: string): boolean {
  if (value === null || value === "" || value === false) return true;
  if (value === 0) return field !== "deletionGracePeriodSeconds";
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}
