import { decodeJson } from "../../machinery/json/decode.ts";
import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import { checkType } from "../../machinery/smd/validate.ts";
import { compare } from "../../machinery/smd/compare.ts";
import { emptySet } from "../../machinery/smd/field-set.ts";
import type { FieldSet } from "../../machinery/smd/field-set.ts";
import type { FieldType } from "../../machinery/smd/field-type.ts";
import { toFieldSet } from "../../machinery/smd/to-field-set.ts";

/** Where client-side apply keeps its configuration. */
export const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

const maxAnnotationBytes = 256 * 1024;

const annotationOf = (object: JsonObject): string => {
  const value = getPath(object, "metadata", "annotations", lastAppliedAnnotation);
  return typeof value === "string" ? value : "";
};

/**
 * What client-side apply set and nobody changed since, by the annotation of the live object; empty when there is no
 * usable annotation for this version. kubectl may take these fields over without a conflict.
 */
export function ownedByLastApplied(live: JsonObject, type: FieldType, apiVersion: string): FieldSet {
  const applied = parse(annotationOf(live));
  if (applied === undefined || applied["apiVersion"] !== apiVersion) return emptySet;
  // Neither side may have duplicate items, kube-apiserver takes nothing over from such an object.
  if (checkType(applied, type).length > 0 || checkType(live, type).length > 0) return emptySet;
  const { added, modified, removed } = compare(applied, live, type);
  return toFieldSet(applied, type).difference(modified).difference(added).difference(removed);
}

function parse(annotation: string): JsonObject | undefined {
  if (annotation === "") return undefined;
  try {
    const { value } = decodeJson(annotation);
    return isObject(value) ? value : undefined;
  } catch {
    // Anybody may write the annotation; one that is not JSON says nothing.
    return undefined;
  }
}

/**
 * Brings the annotation up to date with what was applied, where the object has one; it is dropped when the annotations
 * would become too large. Changes the object in place.
 */
export function refreshLastApplied(object: JsonObject, applied: JsonObject): void {
  if (annotationOf(object) === "") return;
  const metadata = object["metadata"] as JsonObject;
  const { [lastAppliedAnnotation]: _old, ...others } = metadata["annotations"] as JsonObject;
  const refreshed = { ...others, [lastAppliedAnnotation]: `${encodeJson(withoutAnnotation(applied))}\n` };
  metadata["annotations"] = annotationBytes(refreshed) > maxAnnotationBytes ? others : refreshed;
}

function withoutAnnotation(applied: JsonObject): JsonObject {
  const metadata = applied["metadata"];
  const annotations = getPath(metadata, "annotations");
  if (!isObject(metadata) || !isObject(annotations)) return applied;
  const { [lastAppliedAnnotation]: _annotation, ...others } = annotations;
  return { ...applied, metadata: { ...metadata, annotations: others } };
}

function annotationBytes(annotations: JsonObject): number {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    bytes += Buffer.byteLength(key) + (typeof value === "string" ? Buffer.byteLength(value) : 0);
  }
  return bytes;
}
