import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { annotation, removeAnnotation, setAnnotation } from "../annotations.ts";
import { moverOf, put } from "../moves.ts";
import { formerPausedAnnotation, pausedAnnotation, special, table } from "./layout.ts";

/** The plain mappings between the versions: what each can say of the other, without any stash. */

/** Where v1alpha1 had the image: only in spec.image, or in both places. */
export type ImageHint = "spec.image" | "both";

const group = "hawsepipe.dev";
const moveToV1alpha2 = moverOf(table, { group, source: "v1alpha1", target: "v1alpha2" });
const moveToV1alpha1 = moverOf(table, { group, source: "v1alpha2", target: "v1alpha1" });
const keyInSecret = "HF_TOKEN";

/** v1alpha1 → v1alpha2 without stash; the input is not changed. */
export function toV1alpha2(from: JsonObject): JsonObject {
  const to = moveToV1alpha2(from);
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
  const to = moveToV1alpha1(from);
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
