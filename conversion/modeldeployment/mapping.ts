import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getKey, getPath, isObject, setKey, setPath } from "../../machinery/json/value.ts";
import type { Path } from "./layout.ts";
import { containers, formerPausedAnnotation, moves, pausedAnnotation, special } from "./layout.ts";

/** The plain mappings between the versions: what each can say of the other, without any stash. */

/** Where v1alpha1 had the image: only in spec.image, or in both places. */
export type ImageHint = "spec.image" | "both";

type Version = "v1alpha1" | "v1alpha2";

const keyInSecret = "HF_TOKEN";

/** v1alpha1 → v1alpha2 without stash; the input is not changed. */
export function toV1alpha2(from: JsonObject): JsonObject {
  const to = moveAll(from, "v1alpha1", "v1alpha2");
  const engineImage = getPath(from, ...special.image);
  const image = getPath(from, ...special.imageV1alpha1);
  if (engineImage !== undefined && (engineImage !== "" || image === undefined))
    put(to, special.image, engineImage);
  else if (image !== undefined) put(to, special.image, image);

  const token = getPath(from, ...special.tokenV1alpha1);
  if (token !== undefined && token !== "") {
    put(to, special.tokenName, token);
    put(to, special.tokenKey, keyInSecret);
  }

  const paused = annotation(from, pausedAnnotation) ?? formerPause(from);
  if (paused === "true" || paused === "false") {
    put(to, special.paused, paused === "true");
    removeAnnotation(to, pausedAnnotation);
  }
  return to;
}

/** v1alpha2 → v1alpha1 without stash; the input is not changed. */
export function toV1alpha1(from: JsonObject, hint: ImageHint | undefined): JsonObject {
  const to = moveAll(from, "v1alpha2", "v1alpha1");
  const image = getPath(from, ...special.image);
  if (image !== undefined) {
    if (hint !== undefined) put(to, special.imageV1alpha1, image);
    if (hint !== "spec.image") put(to, special.image, image);
  }
  const token = getPath(from, ...special.tokenName);
  if (token !== undefined) put(to, special.tokenV1alpha1, token);

  // The field is the truth in v1alpha2; a v1alpha1 reader must not see a pause that is none.
  const paused = getPath(from, ...special.paused);
  removeAnnotation(to, pausedAnnotation);
  if (typeof paused === "boolean") setAnnotation(to, pausedAnnotation, paused ? "true" : "false");
  else if (formerPause(from) === "true") setAnnotation(to, pausedAnnotation, "false");
  return to;
}

/** Which hint the v1alpha1 object needs to get its image back where it was. */
export function imageHintOf(v1alpha1: JsonObject): ImageHint | undefined {
  const image = getPath(v1alpha1, ...special.imageV1alpha1);
  const engineImage = getPath(v1alpha1, ...special.image);
  if (image === undefined || image === "") return undefined;
  if (engineImage === undefined || engineImage === "") return "spec.image";
  return engineImage === image ? "both" : undefined;
}

const formerPause = (object: JsonObject): "true" | undefined =>
  annotation(object, formerPausedAnnotation) === "true" ? "true" : undefined;

function moveAll(from: JsonObject, source: Version, target: Version): JsonObject {
  const to: JsonObject = {};
  for (const [key, value] of Object.entries(from)) {
    if (key !== "spec" && key !== "status") setKey(to, key, cloneJson(value));
  }
  setKey(to, "apiVersion", `hawsepipe.dev/${target}`);
  for (const container of containers) {
    if (isObject(getPath(from, ...container[source]))) put(to, container[target], {});
  }
  for (const step of moves) {
    const value = getPath(from, ...step[source]);
    if (value !== undefined) put(to, step[target], cloneJson(value));
  }
  return to;
}

/** Sets a value; an object that is there already is kept when the value is an empty one. */
function put(to: JsonObject, path: Path, value: JsonValue): void {
  if (isObject(value) && Object.keys(value).length === 0 && isObject(getPath(to, ...path))) return;
  setPath(to, path, value);
}

/** The value of an annotation; undefined when it is not text. */
export function annotation(object: JsonObject, key: string): string | undefined {
  const annotations = getPath(object, "metadata", "annotations");
  const value = isObject(annotations) ? getKey(annotations, key) : undefined;
  return typeof value === "string" ? value : undefined;
}

/** Sets an annotation when metadata is an object. */
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
