import { createHash } from "node:crypto";
import type { KubeObject } from "../../api/meta/types.ts";
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { notSupported } from "../../machinery/field/error.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { setKey } from "../../machinery/json/value.ts";
import { Findings } from "../findings.ts";
import { commonLabels, objectMeta, validateServiceName } from "../names.ts";
import { mergeSchema, withOverrides } from "../overrides.ts";
import { defaultGpuType, gpuCount } from "../pod/resources.ts";
import type { ProviderFacts, Rendered } from "../transformer.ts";
import { unsupportedEverywhere } from "../unsupported.ts";
import { configFile, inferenceConfig } from "./inference-config.ts";
import { presetInference } from "./preset.ts";
import { templateInference } from "./template.ts";

/** The name of the provider, and of its folder. */
export const kaitoName = "kaito";
/** Where the pod spec of a template stands in the Workspace. */
export const podSpecPath = "inference.template.spec";
const overrideMerge = mergeSchema([podSpecPath]);
/** The port of the Service KAITO makes. */
export const servicePort = 80;

/**
 * One Workspace, before it the claims and the ConfigMap it refers to. A Workspace cannot have zero nodes: scaled to
 * zero it is not there at all, and KAITO gives its nodes back.
 */
export function renderKaito(deployment: ModelDeployment, facts: ProviderFacts): Rendered {
  const findings = new Findings();
  const { engine, serving, networking } = deployment.spec;
  const name = deployment.metadata.name ?? "";
  const labels = commonLabels(deployment, kaitoName);
  findings.error(...validateServiceName(deployment));
  if (serving?.mode === "disaggregated") {
    findings.error(notSupported("spec.serving.mode", "disaggregated", ["aggregated"]));
  }
  if (networking?.port !== undefined && networking.port !== servicePort) {
    findings.unsupportedField("spec.networking.port", `KAITO's Service has port ${String(servicePort)}`);
  }
  unsupportedEverywhere(deployment, findings);
  const { inference, siblings } = inferenceOf(deployment, { labels, apiVersion: facts.apiVersion }, findings);
  const count = serving?.replicas ?? 1;
  if (count > 1) {
    findings.warnings.push(
      "spec.serving.replicas: KAITO takes it as the number of nodes, and decides itself how a preset uses them",
    );
  }
  const workspace: KubeObject = {
    apiVersion: facts.apiVersion,
    kind: "Workspace",
    metadata: objectMeta(deployment, name, labels),
    resource: { count, labelSelector: { matchLabels: nodeLabels(deployment, engine?.type === "vllm") } },
    inference,
  };
  if (count === 0) return findings.rendered(siblings.filter(({ kind }) => kind === "PersistentVolumeClaim"));
  return findings.rendered([...siblings, withOverrides(workspace, deployment, overrideMerge)]);
}

/** How the Workspace serves, and the objects it needs for that. */
function inferenceOf(
  deployment: ModelDeployment,
  { labels, apiVersion }: { readonly labels: Record<string, string>; readonly apiVersion: string },
  findings: Findings,
): { inference: JsonObject; siblings: readonly KubeObject[] } {
  const type = deployment.spec.engine?.type;
  if (type === "llamacpp") {
    const { inference, claims } = templateInference(deployment, labels, findings);
    return { inference, siblings: claims };
  }
  if (type !== "vllm") {
    findings.error(notSupported("spec.engine.type", type ?? "", ["vllm", "llamacpp"]));
    return { inference: {}, siblings: [] };
  }
  const text = inferenceConfig(deployment, findings);
  if (text === undefined)
    return {
      inference: presetInference(deployment, { config: undefined, apiVersion }, findings),
      siblings: [],
    };
  const configName = `${deployment.metadata.name ?? ""}-inference-config-${hashOf(text)}`;
  const config: KubeObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: objectMeta(deployment, configName, labels),
    data: { [configFile]: text },
  };
  return {
    inference: presetInference(deployment, { config: configName, apiVersion }, findings),
    siblings: [config],
  };
}

/** KAITO looks at the name of a ConfigMap, never at what is in it. */
const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);

/** Which nodes qualify; a preset only runs on NVIDIA, a template says by its resources what it needs. */
function nodeLabels({ spec }: ModelDeployment, isPreset: boolean): JsonObject {
  const labels: JsonObject = { "kubernetes.io/os": "linux" };
  for (const [key, value] of Object.entries(spec.workload?.nodeSelector ?? {})) setKey(labels, key, value);
  const resources = spec.serving?.resources;
  const type = resources?.gpu?.type ?? defaultGpuType;
  if (gpuCount(resources) > 0 && (isPreset || type === defaultGpuType))
    labels["nvidia.com/gpu.present"] = "true";
  return labels;
}
