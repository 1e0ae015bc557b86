/**
 * The metadata of resources embedded in an object. It is typed like that of the object itself: a wrong type ends the
 * request, unknown fields go.
 */
import { checkMetadata } from "../../api/meta/decode-meta.ts";
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

/** Removes unknown fields from the metadata of embedded resources, in place. */
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
  const metadata = getKey(resource, "metadata");
  const { errors, unknown: fields } = checkMetadata(resource);
  if (errors[0] !== undefined) {
    return `${at}.metadata: Invalid value: ${encodeJson(metadata ?? null)}: ${errors[0]}`;
  }
  for (const path of fields) {
    removeAt(resource, path);
    unknown.push(`${at}.${path}`);
  }
  return undefined;
}

/** Removes what a path such as `metadata.ownerReferences[0].x` names. */
function removeAt(object: JsonObject, path: string): void {
  const [, parent = "", last = ""] = /^(.*)\.([^.]*)$/.exec(path) ?? [];
  let node: JsonValue | undefined = object;
  for (const [, key, index] of parent.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (key !== undefined) node = isObject(node) ? getKey(node, key) : undefined;
    else node = Array.isArray(node) ? node[Number(index)] : undefined;
  }
  if (isObject(node)) Reflect.deleteProperty(node, last);
}

function first<T>(items: Iterable<T>, find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
