import type { KubeObject } from "../../api/meta/types.ts";
import { asJson, asKubeObject } from "../../api/meta/types.ts";
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { invalid, notSupported } from "../../machinery/field/error.ts";
import { Findings } from "../findings.ts";
import { commonLabels, objectMeta, operatorPodLabels, validateServiceName } from "../names.ts";
import { mergeOverrides, mergeSchema } from "../overrides.ts";
import { modelStorage } from "../pod/storage.ts";
import { checkSharing } from "../pod/volumes.ts";
import { engineImage } from "../pod/vllm-pod.ts";
import type { ProviderFacts, Rendered } from "../transformer.ts";
import { unsupportedEverywhere } from "../unsupported.ts";
import { rayCluster } from "./cluster.ts";
import { groupNames, kuberayName, maxNameLength, podSpecs, rayImage, servePort } from "./names.ts";
import { rayOptions } from "./options.ts";
import type { Group } from "./serve-config.ts";
import { serveConfig } from "./serve-config.ts";

const overrideMerge = mergeSchema(podSpecs, { "spec.rayClusterConfig.workerGroupSpecs": "groupName" });

/**
 * What the volumes need, then the RayService. Ray Serve takes no application of zero replicas: scaled to zero there is no
 * RayService at all, and head and workers give their nodes back.
 */
export function renderKuberay(deployment: ModelDeployment, { apiVersion }: ProviderFacts): Rendered {
  const findings = new Findings();
  const name = deployment.metadata.name ?? "";
  const { engine, networking } = deployment.spec;
  validateName(deployment, findings);
  if (engine?.type !== "vllm") findings.error(notSupported("spec.engine.type", engine?.type ?? "", ["vllm"]));
  if (networking?.port !== undefined && networking.port !== servePort) {
    findings.unsupportedField("spec.networking.port", `KubeRay's Service has port ${String(servePort)}`);
  }
  unsupportedEverywhere(deployment, findings);
  const groups = groupsOf(deployment);
  const isOff = groups.every(({ replicas }) => replicas === 0);
  if (!isOff) validateReplicas(groups, findings);
  // The head mounts nothing.
  checkSharing(
    deployment,
    groups.reduce((sum, { replicas }) => sum + replicas, 0),
    findings,
  );
  const { head, raw } = rayOptions(
    deployment,
    groups.map(({ role }) => groupNames[role]),
    findings,
  );
  const labels = commonLabels(deployment, kuberayName);
  const service: KubeObject = {
    apiVersion,
    kind: "RayService",
    metadata: objectMeta(deployment, name, labels),
    spec: {
      serveConfigV2: serveConfig(deployment, groups, findings),
      rayClusterConfig: rayCluster(
        deployment,
        { groups, head, labels: operatorPodLabels(deployment, kuberayName) },
        findings,
      ),
    },
  };
  const storage = modelStorage(deployment, labels, { image: engineImage(deployment, rayImage) }, findings);
  const isClaim = ({ kind }: KubeObject): boolean => kind === "PersistentVolumeClaim";
  if (isOff) return findings.rendered(storage.filter(isClaim));
  return findings.rendered([...storage, asKubeObject(mergeOverrides(asJson(service), raw, overrideMerge))]);
}

function validateName(deployment: ModelDeployment, findings: Findings): void {
  const { name = "" } = deployment.metadata;
  findings.error(...validateServiceName(deployment));
  if (name.length > maxNameLength) {
    const detail = `must be no more than ${String(maxNameLength)} characters, because KubeRay makes other names of it`;
    findings.error(invalid("metadata.name", name, detail));
  }
}

/** The groups of workers a deployment asks for. */
export function groupsOf({ spec }: ModelDeployment): readonly Group[] {
  const { mode, prefill, decode, replicas, resources } = spec.serving ?? {};
  if (mode !== "disaggregated") return [{ role: "worker", replicas: replicas ?? 1, resources }];
  return [
    { role: "prefill", replicas: prefill?.replicas ?? 1, resources: prefill?.resources },
    { role: "decode", replicas: decode?.replicas ?? 1, resources: decode?.resources },
  ];
}

function validateReplicas(groups: readonly Group[], findings: Findings): void {
  for (const { role, replicas } of groups) {
    if (replicas > 0) continue;
    findings.error(
      invalid(`spec.serving.${role}.replicas`, replicas, "Ray Serve needs prefill and decode, or neither"),
    );
  }
}
