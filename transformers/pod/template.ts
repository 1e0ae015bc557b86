import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { invalidWithoutValue } from "../../machinery/field/error.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, isObject } from "../../machinery/json/value.ts";
import { applyStrategicPatch } from "../../machinery/patch/strategic-patch.ts";
import type { Findings } from "../findings.ts";
import { engineContainer } from "../names.ts";
import { podSpecMerge } from "./merge-schema.ts";

const at = "spec.workload.podTemplate";

/** Labels and annotations of the pods; labels that are ours win, and the user is told. */
export function podMetadata(
  { spec }: ModelDeployment,
  labels: Record<string, string>,
  findings: Findings,
): { labels: Record<string, string>; annotations?: Record<string, string> } {
  const given = spec.workload?.podTemplate?.metadata;
  for (const [key, value] of Object.entries(given?.labels ?? {})) {
    if (Object.hasOwn(labels, key) && labels[key] !== value) {
      findings.unsupportedField(`${at}.metadata.labels[${key}]`, "the label belongs to Hawsepipe");
    }
  }
  return {
    labels: { ...given?.labels, ...labels },
    ...(given?.annotations === undefined ? {} : { annotations: { ...given.annotations } }),
  };
}

/** Scheduling fields of the pod. */
export function scheduling({ spec }: ModelDeployment): JsonObject {
  const { nodeSelector, tolerations } = spec.workload ?? {};
  return {
    ...(nodeSelector === undefined ? {} : { nodeSelector: { ...nodeSelector } }),
    ...(tolerations === undefined ? {} : { tolerations: cloneJson<JsonObject[]>(tolerations) }),
  };
}

/** The pod spec with `spec.workload.podTemplate.spec` merged over it by strategic merge. */
export function withPodTemplate(pod: JsonObject, { spec }: ModelDeployment, findings: Findings): JsonObject {
  const patch = spec.workload?.podTemplate?.spec;
  if (patch === undefined) return pod;
  try {
    return engineFirst(applyStrategicPatch(pod, patch, podSpecMerge));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "PatchError") throw error;
    findings.error(invalidWithoutValue(`${at}.spec`, `cannot be merged over the pod: ${error.message}`));
    return pod;
  }
}

/**
 * The pod spec of what stands beside the engine, with what the template says about pods as such: secrets to pull with,
 * affinity, grace. Its containers, volumes and amounts are the engine's.
 */
export function withHelperTemplate(pod: JsonObject, { spec }: ModelDeployment): JsonObject {
  const { containers, initContainers, volumes, resources, ...patch } = spec.workload?.podTemplate?.spec ?? {};
  try {
    return applyStrategicPatch(pod, patch, podSpecMerge);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "PatchError") throw error;
    // The same patch is reported for the engine's pod.
    return pod;
  }
}

/** The first container is the one `kubectl logs` shows; merging puts new ones in front. */
function engineFirst(pod: JsonObject): JsonObject {
  const containers = pod["containers"];
  if (!Array.isArray(containers)) return pod;
  const isEngine = (item: JsonValue): boolean => isObject(item) && item["name"] === engineContainer;
  const engines = containers.filter(isEngine);
  return { ...pod, containers: [...engines, ...containers.filter((item) => !isEngine(item))] };
}
