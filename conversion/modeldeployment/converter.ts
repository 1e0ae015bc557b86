/** ModelDeployment between v1alpha1 and v1alpha2 (the hub), by the table in layout.ts. */
import type { Converter } from "../../api/meta/resource-definition.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson } from "../../machinery/json/value.ts";
import { losslessConversion } from "../lossless.ts";
import type { Path, Version } from "../moves.ts";
import { pausedAnnotation, special, table } from "./layout.ts";
import type { ImageHint } from "./mapping.ts";
import { imageHintOf, toV1alpha1, toV1alpha2 } from "./mapping.ts";
import { translatePath } from "./translate-path.ts";

/** Converts, and says which stash had to be dropped; the result shares values with the object. Throws only for a version that does not exist. */
export const convertModelDeployment = losslessConversion({
  group: "hawsepipe.dev",
  kind: "ModelDeployment",
  map: (source, to, hint) => (to === "v1alpha2" ? toV1alpha2(source) : toV1alpha1(source, imageHint(hint))),
  hintOf: imageHintOf,
  fields: {
    v1alpha1: [
      ...fieldsOf("v1alpha1"),
      special.imageV1alpha1,
      special.image,
      special.tokenV1alpha1,
      ["metadata", "annotations", pausedAnnotation],
    ],
    v1alpha2: [
      ...fieldsOf("v1alpha2"),
      special.image,
      special.tokenName,
      special.paused,
      ["metadata", "annotations", pausedAnnotation],
    ],
  },
});

/** The converter of ModelDeployment for the generic server, whose results are their own. */
export const modelDeploymentConverter: Converter = {
  convert: (object: JsonObject, toVersion) => cloneJson(convertModelDeployment(object, toVersion).object),
  translatePath,
};

const imageHint = (hint: string | undefined): ImageHint | undefined =>
  hint === "spec.image" || hint === "both" ? hint : undefined;

function fieldsOf(version: Version): Path[] {
  return [...table.moves, ...table.containers].map((step) => step[version]);
}
