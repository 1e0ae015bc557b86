import { pathTranslator } from "../translate-path.ts";
import { pausedAnnotation, table } from "./layout.ts";

/** A field path of one version of ModelDeployment in the words of the other. */
export const translatePath = pathTranslator(table, [
  ["spec.model.storage", "spec.model.volumes"],
  ["spec.engine.image", "spec.engine.image"],
  ["spec.image", "spec.engine.image"],
  ["spec.secrets.huggingFaceToken", "spec.model.tokenSecretRef.name"],
  ["spec.secrets.huggingFaceToken", "spec.model.tokenSecretRef"],
  ["spec.secrets", "spec.model.tokenSecretRef"],
  ["spec.scaling", "spec.serving"],
  [`metadata.annotations[${pausedAnnotation}]`, "spec.paused"],
]);
