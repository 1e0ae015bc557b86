/** The fields the server owns: what a client says about them is replaced before anybody sees it. */
import { formatSeconds } from "../../api/meta/time.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, equalJson, getKey } from "../../machinery/json/value.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import { isNamespaceKind } from "./namespace-strategy.ts";
import { generationOf, metadataOf, setMeta } from "./object-metadata.ts";

/** Drops what only the server may say in a new object. */
export function wipeForCreate(version: ServedVersion, object: JsonObject): void {
  for (const field of ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"]) {
    setMeta(object, field, undefined);
  }
  if (version.definition.status === true) Reflect.deleteProperty(object, "status");
}

/** Gives a new object its identity. */
export function identify(object: JsonObject, uid: string, now: Date): void {
  const metadata = metadataOf(object);
  metadata["uid"] = uid;
  metadata["creationTimestamp"] = formatSeconds(now);
  metadata["generation"] = 1;
}

/**
 * Keeps what a write to this endpoint may not change. On the main resource that is the status, on `/status` everything
 * but the status; the resourceVersion and managedFields stay those of the submitted object, to be checked later, and on
 * other paths the uid, too.
 */
export function separate(
  version: ServedVersion,
  subresource: string,
  next: JsonObject,
  current: JsonObject,
): JsonObject {
  if (subresource === "status") return statusOnly(next, current);
  if (subresource === "finalize") return finalizersOnly(next, current);
  if (version.definition.status === true) take(next, current, "status");
  if (isNamespaceKind(version)) take(next, current, "spec");
  setMeta(next, "selfLink", undefined);
  return next;
}

function statusOnly(next: JsonObject, current: JsonObject): JsonObject {
  const result = withSubmittedMeta(next, current);
  // Another uid was a precondition of an update; in a patch of the status it is ignored with the rest.
  setMeta(result, "uid", getKey(metadataOf(current), "uid"));
  take(result, next, "status");
  return result;
}

function finalizersOnly(next: JsonObject, current: JsonObject): JsonObject {
  const result = withSubmittedMeta(next, current);
  take(result, next, "spec");
  return result;
}

function withSubmittedMeta(next: JsonObject, current: JsonObject): JsonObject {
  const result = cloneJson(current);
  const metadata = metadataOf(next);
  for (const field of ["name", "namespace", "resourceVersion", "uid", "managedFields"]) {
    setMeta(result, field, getKey(metadata, field));
  }
  return result;
}

function take(into: JsonObject, from: JsonObject, field: string): void {
  const value = getKey(from, field);
  if (value === undefined) Reflect.deleteProperty(into, field);
  else into[field] = cloneJson(value);
}

/** Restores the metadata an update may not touch and counts the generation. */
export function prepareForUpdate(version: ServedVersion, next: JsonObject, current: JsonObject): void {
  const was = metadataOf(current);
  const metadata = metadataOf(next);
  keepWhenAbsent(metadata, was, "uid");
  overwrite(metadata, was, "creationTimestamp");
  if (getKey(was, "deletionTimestamp") !== undefined) overwrite(metadata, was, "deletionTimestamp");
  keepWhenAbsent(metadata, was, "deletionGracePeriodSeconds");
  const generation = generationOf(current);
  const counts = !equalJson(generationContent(version, next), generationContent(version, current));
  setMeta(next, "generation", counts ? generation + 1 : getKey(was, "generation"));
}

/** What of an object its generation counts. */
function generationContent(version: ServedVersion, object: JsonObject): JsonObject {
  const { metadata: _metadata, ...content } = object;
  if (version.definition.status === true) Reflect.deleteProperty(content, "status");
  return content;
}

function keepWhenAbsent(into: JsonObject, from: JsonObject, field: string): void {
  if (getKey(into, field) === undefined) overwrite(into, from, field);
}

function overwrite(into: JsonObject, from: JsonObject, field: string): void {
  const value: JsonValue | undefined = getKey(from, field);
  if (value === undefined) Reflect.deleteProperty(into, field);
  else into[field] = value;
}
