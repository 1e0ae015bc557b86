/** Where an engine finds its weights, and under which name it serves them; the same for every engine that is told. */
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { required } from "../../machinery/field/error.ts";
import type { Findings } from "../findings.ts";
import { isSet } from "../findings.ts";
import { mountPathOf, volumeFor } from "./volumes.ts";

/** The id of a model, or for source custom the mounted weights; undefined when the image brings the model. */
export function weightsOf(deployment: ModelDeployment, findings: Findings): string | undefined {
  const { model, engine } = deployment.spec;
  if (isSet(model.id)) return model.id;
  const weights = volumeFor(deployment, "modelCache");
  if (weights !== undefined) return mountPathOf(weights);
  if (!isSet(engine?.image)) {
    findings.error(
      required(
        "spec.model.id",
        "name a model, mount its weights as a volume of purpose modelCache, or use an image that brings it",
      ),
    );
  }
  return undefined;
}

/** The name the model is served under, when one is asked for and has a meaning. */
export function servedNameFlag({ spec }: ModelDeployment, findings: Findings): string | undefined {
  const { servedName, source } = spec.model;
  if (!isSet(servedName)) return undefined;
  if (source !== "custom") return servedName;
  findings.unsupportedField("spec.model.servedName", "ignored for source custom");
  return undefined;
}

/** Where downloads are kept, when there is a volume for them. */
export function downloadVariables(deployment: ModelDeployment): Record<string, string> {
  const weights = volumeFor(deployment, "modelCache");
  if (weights === undefined || deployment.spec.model.source === "custom") return {};
  return { HF_HOME: mountPathOf(weights) };
}

/** Where vLLM keeps downloads and compiled graphs, when there are volumes for them. */
export function vllmCacheVariables(deployment: ModelDeployment): Record<string, string> {
  const compiled = volumeFor(deployment, "compilationCache");
  return {
    ...downloadVariables(deployment),
    ...(compiled === undefined ? {} : { VLLM_CACHE_ROOT: mountPathOf(compiled) }),
  };
}
