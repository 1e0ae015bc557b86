/** KubeRay: a RayService. Ray Serve runs vLLM by Ray's own LLM library, together or apart for prefill and decode. */
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { equalJson, getPath, isObject } from "../../machinery/json/value.ts";
import { changedPaths } from "../immutable.ts";
import { storageImmutable, storageKinds } from "../pod/storage.ts";
import type { Transformer } from "../transformer.ts";
import { kuberayName, podSpecs } from "./names.ts";
import { renderKuberay } from "./render.ts";
import { kuberayStatus } from "./status.ts";

const kind = "RayService";

export const kuberay: Transformer = {
  name: kuberayName,
  defaults: {
    capabilities: {
      engines: [
        {
          name: "vllm",
          servingModes: ["aggregated", "disaggregated"],
          gpuSupport: true,
          cpuSupport: false,
          apiFormats: ["openai-chat"],
          requiresCRD: true,
        },
      ],
    },
    selectionRules: [
      { condition: "spec.serving.resources.gpu.count > 1 && spec.engine.type == 'vllm'", priority: 80 },
    ],
  },
  apiVersions: ["ray.io/v1"],
  kind,
  resource: "rayservices",
  renders: [...storageKinds, { apiVersion: "ray.io/v1", kind }],
  podSpecs: { [kind]: podSpecs },
  amounts: ["replicas", "minReplicas", "maxReplicas", "numOfHosts"].map(
    (name) => `spec.rayClusterConfig.workerGroupSpecs.[].${name}`,
  ),
  render: renderKuberay,
  status: kuberayStatus,
  immutable: (before, after) => changedPaths(before, after, storageImmutable),
  notices: (before, after) =>
    after.kind === kind && !equalJson(clusterOf(before), clusterOf(after))
      ? [
          `KubeRay will build a second cluster for RayService ${JSON.stringify(after.metadata.name ?? "")} beside the one that serves, and needs accelerators for both until it is ready`,
        ]
      : [],
};

/** What KubeRay cannot change in a running cluster: everything but the size of its groups. */
function clusterOf(service: KubeObject): JsonValue | undefined {
  const cluster = getPath(asJson(service), "spec", "rayClusterConfig");
  if (!isObject(cluster)) return cluster;
  const groups = cluster["workerGroupSpecs"];
  const withoutSizes = (Array.isArray(groups) ? groups : []).filter(isObject).map((group) => {
    const { replicas, minReplicas, maxReplicas, ...rest } = group;
    return rest;
  });
  return { ...cluster, workerGroupSpecs: withoutSizes };
}
