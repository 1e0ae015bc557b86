import type { JsonObject } from "../machinery/json/value.ts";
import { getKey, getPath, isObject, setKey, setPath } from "../machinery/json/value.ts";

/** Annotations of an object that nobody has validated yet. */

/** The value of an annotation; undefined when it is not text. */
export function annotation(object: JsonObject, key: string): string | undefined {
  const annotations = getPath(object, "metadata", "annotations");
  const value = isObject(annotations) ? getKey(annotations, key) : undefined;
  return typeof value === "string" ? value : undefined;
}

/** Sets an annotation; metadata that is no object is replaced. */
export function setAnnotation(object: JsonObject, key: string, value: string): void {
  if (!isObject(getKey(object, "metadata"))) setKey(object, "metadata", {});
  setPath(object, ["metadata", "annotations", key], value);
}

/** Removes an annotation, and the map when nothing else is in it. */
export function removeAnnotation(object: JsonObject, key: string): void {
  const metadata = getKey(object, "metadata");
  const annotations = getPath(object, "metadata", "annotations");
  if (!isObject(metadata) || !isObject(annotations) || !Object.hasOwn(annotations, key)) return;
  Reflect.deleteProperty(annotations, key);
  if (Object.keys(annotations).length === 0) delete metadata["annotations"];
}

/** An empty map of annotations is none, as kube-apiserver has it. */
export function dropEmptyAnnotations(object: JsonObject): void {
  const metadata = object["metadata"];
  if (!isObject(metadata) || !isObject(metadata["annotations"])) return;
  if (Object.keys(metadata["annotations"]).length === 0) delete metadata["annotations"];
}

/** Gives an object metadata and annotations of its own, where it shares them with another. */
export function ownAnnotations(object: JsonObject): void {
  const metadata = getKey(object, "metadata");
  if (!isObject(metadata)) return;
  const own = { ...metadata };
  setKey(object, "metadata", own);
  const annotations = getKey(own, "annotations");
  if (isObject(annotations)) own["annotations"] = { ...annotations };
}
