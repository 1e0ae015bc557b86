import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";

/** The metadata of an object, created when there is none. */
export function metadataOf(object: JsonObject): JsonObject {
  const metadata = getKey(object, "metadata");
  if (isObject(metadata)) return metadata;
  const created: JsonObject = {};
  object["metadata"] = created;
  return created;
}

/** A text field of the metadata, empty when absent. */
export function metaText(object: JsonObject, field: string): string {
  const value = getKey(metadataOf(object), field);
  return typeof value === "string" ? value : "";
}

/** Sets a metadata field; undefined removes it. */
export function setMeta(object: JsonObject, field: string, value: JsonValue | undefined): void {
  const metadata = metadataOf(object);
  if (value === undefined) Reflect.deleteProperty(metadata, field);
  else metadata[field] = value;
}

/** The finalizers of an object. */
export function finalizersOf(object: JsonObject): string[] {
  const finalizers = getKey(metadataOf(object), "finalizers");
  return Array.isArray(finalizers)
    ? finalizers.filter((item): item is string => typeof item === "string")
    : [];
}

/** Whether deletion of the object was asked for. */
export function isTerminating(object: JsonObject): boolean {
  return metaText(object, "deletionTimestamp") !== "";
}

/** The generation, 0 when there is none. */
export function generationOf(object: JsonObject): number {
  const generation = getKey(metadataOf(object), "generation");
  return typeof generation === "number" ? generation : Number(generation ?? 0) || 0;
}
