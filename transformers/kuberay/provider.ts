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
    operator: {
      deployments: [{ matchLabels: { "app.kubernetes.io/name": "kuberay-operator" } }],
    },
  },
  apiVersions: ["ray.io/v1"],
  kind,
  resource: "rayservices",
  renders: [...storageKinds, { apiVersion: "ray.io/v1", kind }],
  podSpecs: { [kind]: podSpecs },
  amounts: ["replicas", "minReplicas", "maxReplicas", "numOfHosts"].map(
    (name) => `spec.rayClusterConfig.workerGroupSpecs.[].${name}`,
  ),
  behaviour: [
    "A Ray cluster with a head that runs no replicas and a group of workers, `gpu-workers`, each of which is one replica with all its accelerators. Ray Serve runs vLLM by `ray.serve.llm`; in disaggregated mode there are `prefill-workers` and `decode-workers`, and replicas stay on the workers of their kind.",
    "`engine.args` and `engine.extraArgs` become arguments by name with values of their own type: `64` is a number, an empty value is true, `--no-x` is false, JSON is read. Tokens without a name are refused.",
    "`provider.overrides` has `head.resources` and `head.rayStartParams`; everything else is a partial RayService, in which groups are merged by `groupName`.",
    "A change of the pods makes KubeRay build a second cluster beside the one that serves, which needs accelerators for both; Hawsepipe warns of it. A change of replicas or of the engine's settings does not.",
    "While the second cluster comes up the condition says PreviousVersionServing, and UpdateFailed if it never does. Error messages are the deepest Ray has: of a part of the application, of the application, of the cluster.",
    "Ray Serve takes no zero replicas: scaled to zero the RayService is deleted, its claims stay. Prefill and decode are zero together or not at all.",
    "The Service is KubeRay's own, `<name>-serve-svc`, on port 8000; the status names it once a cluster has been promoted.",
    "The name may have 47 characters.",
  ],
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
