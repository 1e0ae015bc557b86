import type { KubeObject } from "../../api/meta/types.ts";
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { objectMeta } from "../names.ts";
import { progressDeadlineSeconds } from "./vllm-pod.ts";
import { needsExclusiveVolume } from "./volumes.ts";

/** Where the pod spec stands in a Deployment. */
export const podSpecPath = "spec.template.spec";

/** The parts of a Deployment that differ from component to component. */
export interface DeploymentParts {
  readonly name: string;
  readonly labels: Record<string, string>;
  /** Never changes for an existing Deployment. */
  readonly selector: Record<string, string>;
  readonly replicas: number;
  readonly template: { readonly metadata: JsonObject; readonly spec: JsonObject };
}

/** A Deployment of engine pods. */
export function engineDeployment(
  deployment: ModelDeployment,
  { name, labels, selector, replicas, template }: DeploymentParts,
): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: objectMeta(deployment, name, labels),
    spec: {
      replicas,
      selector: { matchLabels: selector },
      progressDeadlineSeconds,
      // Two generations of pods cannot hold such a volume at the same time.
      ...(needsExclusiveVolume(deployment) ? { strategy: { type: "Recreate" } } : {}),
      template,
    },
  };
}

/** A Service in front of the port called `http` of the selected pods. */
export function httpService(
  deployment: ModelDeployment,
  parts: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly selector: Record<string, string>;
    readonly port: number;
  },
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: objectMeta(deployment, parts.name, parts.labels),
    spec: {
      selector: parts.selector,
      ports: [{ name: "http", port: parts.port, targetPort: "http", protocol: "TCP" }],
    },
  };
}
