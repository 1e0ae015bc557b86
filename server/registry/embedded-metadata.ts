/**
 * The metadata of resources embedded in an object. It is typed like that of the object itself: a wrong type ends the
 * request, unknown fields go.
 */
import { checkMetadata, normalizeMetadata } from "../../api/meta/decode-meta.ts";
import { validateObjectMeta } from "../../api/meta/validation.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";
import { pathSegment } from "../../machinery/names/names.ts";
import type { Structural } from "../../machinery/schema/structural.ts";

export interface EmbeddedMetadata {
  /** What Go's decoder says about the first wrong type, with its path. */
  readonly error?: string;
  /** Paths of the fields that were removed. */
  readonly unknown: readonly string[];
}

/** Brings the metadata of embedded resources into the form it is kept in, without unknown fields, in place. */
export function shapeEmbedded(object: JsonObject, schema: Structural): EmbeddedMetadata {
  const unknown: string[] = [];
  const error = shapeNode(object, schema, "", unknown);
  return { unknown, ...(error === undefined ? {} : { error }) };
}

/** Checks the metadata of an embedded resource: unlike that of an object it needs no name. */
export function validateEmbeddedMetadata(metadata: JsonObject): readonly FieldError[] {
  const text = (field: string): string => {
    const value = getKey(metadata, field);
    return typeof value === "string" ? value : "";
  };
  const named =
    text("name") === "" && text("generateName") === "" ? { ...metadata, name: "unnamed" } : metadata;
  const namespaced = text("namespace") !== "";
  return validateObjectMeta(named, { namespaced, validateName: pathSegment, isCreate: false });
}

function shapeNode(value: JsonValue, s: Structural, at: string, unknown: string[]): string | undefined {
  if (Array.isArray(value)) {
    const { items } = s;
    if (items === undefined) return undefined;
    return first(value.keys(), (i) =>
      shapeNode(value[i] as JsonValue, items, `${at}[${String(i)}]`, unknown),
    );
  }
  if (!isObject(value)) return undefined;
  const error = s.embeddedResource === true ? shapeMetadata(value, at, unknown) : undefined;
  if (error !== undefined) return error;
  return first(Object.keys(value), (key) => {
    const child = s.properties?.get(key) ?? s.additionalProperties;
    if (child === undefined || child === true) return undefined;
    return shapeNode(value[key] as JsonValue, child, at === "" ? key : `${at}.${key}`, unknown);
  });
}

function shapeMetadata(resource: JsonObject, at: string, unknown: string[]): string | undefined {
  for (const field of ["apiVersion", "kind"]) {
    const value = getKey(resource, field);
    if (value === undefined || typeof value === "string") continue;
    return `${at}.${field}: Invalid value: ${encodeJson(value)}: must be a string`;
  }
  const metadata = getKey(resource, "metadata");
  if (metadata === undefined) return undefined;
  const { errors, unknown: fields } = checkMetadata(resource);
  if (errors[0] !== undefined) {
    return `${at}.metadata: Invalid value: ${encodeJson(metadata ?? null)}: ${errors[0]}`;
  }
  for (const path of fields) unknown.push(`${at}.${path}`);
  resource["metadata"] = isObject(metadata) ? normalizeMetadata(metadata) : {};
  return undefined;
}

function first<T>(items: Iterable<T>, find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
