import type { KubeObject } from "../../api/meta/types.ts";
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { notSupported } from "../../machinery/field/error.ts";
import { Findings } from "../findings.ts";
import { commonLabels, objectMeta, selectorLabels, validateServiceName } from "../names.ts";
import { mergeSchema, withOverrides } from "../overrides.ts";
import { podMetadata } from "../pod/template.ts";
import { managedClaims, needsExclusiveVolume } from "../pod/volumes.ts";
import type { Rendered } from "../transformer.ts";
import { unsupportedEverywhere } from "../unsupported.ts";
import { containerPort } from "./args.ts";
import { progressDeadlineSeconds, vllmPod } from "./pod.ts";

/** The name of the provider, and of its folder. */
export const vllmName = "vllm";

/** Where the pod spec stands in the Deployment. */
export const podSpecPath = "spec.template.spec";

/** The port of the Service. */
export const servicePort = ({ spec }: ModelDeployment): number => spec.networking?.port ?? containerPort;

/** Claims of managed volumes, then the Deployment, then the Service in front of it. */
export function renderVllm(deployment: ModelDeployment): Rendered {
  const findings = new Findings();
  const name = deployment.metadata.name ?? "";
  const labels = commonLabels(deployment, vllmName);
  const { engine, serving } = deployment.spec;
  findings.error(...validateServiceName(deployment));
  if (engine?.type !== "vllm") {
    findings.error(notSupported("spec.engine.type", engine?.type ?? "", ["vllm"]));
  }
  if (serving?.mode === "disaggregated") {
    findings.error(notSupported("spec.serving.mode", "disaggregated", ["aggregated"]));
  }
  unsupportedEverywhere(deployment, findings);
  const selector = selectorLabels(name);
  const workload: KubeObject = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: objectMeta(deployment, name, labels),
    spec: {
      replicas: serving?.replicas ?? 1,
      selector: { matchLabels: selector },
      progressDeadlineSeconds,
      // Two generations of pods cannot hold such a volume at the same time.
      ...(needsExclusiveVolume(deployment) ? { strategy: { type: "Recreate" } } : {}),
      template: { metadata: podMetadata(deployment, labels, findings), spec: vllmPod(deployment, findings) },
    },
  };
  const service: KubeObject = {
    apiVersion: "v1",
    kind: "Service",
    metadata: objectMeta(deployment, name, labels),
    spec: {
      selector,
      ports: [{ name: "http", port: servicePort(deployment), targetPort: "http", protocol: "TCP" }],
    },
  };
  return findings.rendered([
    ...managedClaims(deployment, labels),
    withOverrides(workload, deployment, mergeSchema([podSpecPath])),
    service,
  ]);
}
