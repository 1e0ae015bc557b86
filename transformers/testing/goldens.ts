/**
 * One deployment per thing a provider must be able to express, for every provider. What each renders is kept in a file
 * beside its tests; the same deployments are applied to real API servers and reconciled over and over.
 */
import type {
  EngineType,
  ModelDeployment,
  ModelDeploymentSpec,
  ServingResources,
} from "../../api/modeldeployment/v1alpha2/types.ts";
import { defaultModelDeployment } from "../../api/modeldeployment/defaults.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { aDeployment, fullDeployment } from "./deployments.ts";

/** A way of serving, with what differs between ways. */
interface Way {
  readonly provider: string;
  readonly engine: EngineType;
  /** The version of the primary kind that is written. */
  readonly apiVersion: string;
  /** Stands before the name of the file, where a provider has several ways. */
  readonly prefix?: string;
  readonly canDisaggregate?: boolean;
  readonly image?: string;
  /** Overrides the provider's kind accepts. */
  readonly overrides: JsonObject;
}

/** A deployment and where its rendering is kept. */
export interface Golden {
  readonly provider: string;
  readonly apiVersion: string;
  /** The file in `testdata`, without its ending; also a name a deployment can have. */
  readonly name: string;
  readonly deployment: ModelDeployment;
}

const ways: readonly Way[] = [
  {
    provider: "dynamo",
    engine: "vllm",
    apiVersion: "nvidia.com/v1beta1",
    prefix: "beta-",
    canDisaggregate: true,
    overrides: {
      routerMode: "kv",
      frontend: { replicas: 2, resources: { cpu: "4" } },
      spec: {
        components: [
          {
            name: "VllmWorker",
            podTemplate: { spec: { containers: [{ name: "side", image: "registry.example/side:1" }] } },
          },
        ],
      },
    },
  },
  {
    provider: "dynamo",
    engine: "vllm",
    apiVersion: "nvidia.com/v1alpha1",
    canDisaggregate: true,
    overrides: {
      routerMode: "kv",
      frontend: { replicas: 2, resources: { cpu: "4" } },
      spec: {
        services: {
          VllmWorker: {
            extraPodSpec: { mainContainer: { workingDir: "/workspace" }, hostname: "worker" },
          },
        },
      },
    },
  },
  {
    provider: "dynamo",
    engine: "sglang",
    apiVersion: "nvidia.com/v1alpha1",
    prefix: "sglang-",
    canDisaggregate: true,
    overrides: {},
  },
  {
    provider: "dynamo",
    engine: "trtllm",
    apiVersion: "nvidia.com/v1alpha1",
    prefix: "trtllm-",
    overrides: {},
  },
  {
    provider: "kuberay",
    engine: "vllm",
    apiVersion: "ray.io/v1",
    canDisaggregate: true,
    overrides: {
      head: { resources: { cpu: "8" }, rayStartParams: { "num-cpus": "1" } },
      spec: {
        serviceUnhealthySecondThreshold: 900,
        rayClusterConfig: {
          workerGroupSpecs: [
            {
              groupName: "gpu-workers",
              template: { spec: { containers: [{ name: "engine", workingDir: "/workspace" }] } },
            },
          ],
        },
      },
    },
  },
  {
    provider: "llmd",
    engine: "vllm",
    apiVersion: "apps/v1",
    canDisaggregate: true,
    overrides: {
      spec: { template: { spec: { containers: [{ name: "engine", workingDir: "/workspace" }] } } },
    },
  },
  {
    provider: "vllm",
    engine: "vllm",
    apiVersion: "apps/v1",
    overrides: {
      spec: { template: { spec: { containers: [{ name: "engine", workingDir: "/workspace" }] } } },
    },
  },
  {
    provider: "kaito",
    engine: "vllm",
    apiVersion: "kaito.sh/v1alpha1",
    prefix: "preset-alpha-",
    overrides: { resource: { preferredNodes: ["node-a"] } },
  },
  {
    provider: "kaito",
    engine: "vllm",
    apiVersion: "kaito.sh/v1beta1",
    prefix: "preset-",
    overrides: { resource: { preferredNodes: ["node-a"] } },
  },
  {
    provider: "kaito",
    engine: "llamacpp",
    apiVersion: "kaito.sh/v1beta1",
    prefix: "llamacpp-",
    image: "registry.example/runner:1",
    overrides: {
      inference: { template: { spec: { containers: [{ name: "engine", workingDir: "/workspace" }] } } },
    },
  },
];

type Build = (way: Way) => Partial<ModelDeploymentSpec>;

const gpu = (count: number, nodes?: number): ServingResources => ({
  gpu: { count, type: "nvidia.com/gpu", ...(nodes === undefined ? {} : { nodes }) },
});

const model = { id: "Qwen/Qwen3-0.6B", source: "huggingface" } as const;

const cases: Readonly<Record<string, Build>> = {
  minimal: () => ({ model }),
  full: fullSpec,
  disaggregated: () => ({
    model,
    serving: {
      mode: "disaggregated",
      prefill: { replicas: 1, resources: { ...gpu(2), memory: "32Gi" } },
      decode: { replicas: 2, resources: { ...gpu(1), memory: "16Gi" } },
    },
  }),
  "multi-gpu": () => ({ model, serving: { mode: "aggregated", replicas: 2, resources: gpu(4) } }),
  "multi-node": () => ({ model, serving: { mode: "aggregated", replicas: 2, resources: gpu(8, 2) } }),
  token: () => ({ model: { ...model, tokenSecretRef: { name: "hf", key: "HF_TOKEN" } } }),
  storage: () => ({
    model: {
      ...model,
      volumes: [
        { name: "cache", purpose: "modelCache", size: "100Gi", storageClassName: "fast" },
        { name: "compiled", purpose: "compilationCache", claimName: "compiled" },
        { name: "data", mountPath: "/data", claimName: "data", readOnly: true },
      ],
    },
  }),
  overrides: (way) => ({ model, provider: { name: way.provider, overrides: way.overrides } }),
  "pod-template": () => ({
    model,
    workload: {
      nodeSelector: { pool: "gpu" },
      tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
      podTemplate: {
        metadata: { labels: { team: "a" }, annotations: { note: "n" } },
        spec: {
          terminationGracePeriodSeconds: 60,
          imagePullSecrets: [{ name: "pull" }],
          containers: [
            { name: "engine", env: [{ name: "LEVEL", value: "debug" }] },
            { name: "logs", image: "registry.example/logs:1" },
          ],
        },
      },
    },
  }),
};

/** Everything set, as far as every version of core/v1 beneath a provider's kind knows it. */
function fullSpec(way: Way): ModelDeploymentSpec {
  const { spec } = fullDeployment(way);
  const env = spec.workload?.env?.filter(({ name }) => name !== "FILE") ?? [];
  return {
    ...spec,
    provider: { name: way.provider, overrides: way.overrides },
    workload: { ...spec.workload, env },
  };
}

/** Every case of every way. */
export const goldens: readonly Golden[] = ways.flatMap((way) =>
  Object.entries(cases)
    .filter(([name]) => name !== "disaggregated" || way.canDisaggregate === true)
    .filter(([name]) => name !== "multi-node" || way.provider === "dynamo")
    .map(([name, build]) => golden(way, name, build)),
);

function golden(way: Way, name: string, build: Build): Golden {
  const { provider, engine, apiVersion, prefix = "", image } = way;
  const file = `${prefix}${name}`;
  const spec = build(way);
  const deployment = aDeployment(
    {
      engine: { type: engine, ...(image === undefined ? {} : { image }) },
      provider: { name: provider },
      ...(engine === "llamacpp"
        ? { serving: { mode: "aggregated", replicas: 1, resources: { cpu: "4" } } }
        : {}),
      ...spec,
    },
    file,
  );
  defaultModelDeployment(deployment);
  return { provider, apiVersion, name: file, deployment };
}
