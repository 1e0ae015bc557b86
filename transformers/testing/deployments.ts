import type {
  EngineType,
  ModelDeployment,
  ModelDeploymentSpec,
  ServingMode,
} from "../../api/modeldeployment/v1alpha2/types.ts";

/** A way of serving: one column of the support matrix. */
export interface Combination {
  readonly provider: string;
  readonly engine: EngineType;
  /** Aggregated when absent. */
  readonly mode?: ServingMode;
}

export const combinations: readonly Combination[] = [
  { provider: "vllm", engine: "vllm" },
  { provider: "llmd", engine: "vllm" },
  { provider: "llmd", engine: "vllm", mode: "disaggregated" },
  { provider: "kaito", engine: "vllm" },
  { provider: "kaito", engine: "llamacpp" },
  { provider: "dynamo", engine: "vllm" },
  { provider: "dynamo", engine: "vllm", mode: "disaggregated" },
  { provider: "dynamo", engine: "sglang" },
  { provider: "dynamo", engine: "trtllm" },
  { provider: "kuberay", engine: "vllm" },
  { provider: "kuberay", engine: "vllm", mode: "disaggregated" },
];

/** A complete deployment; `spec` replaces whole top-level fields. */
export function aDeployment(spec: Partial<ModelDeploymentSpec> = {}, name = "m"): ModelDeployment {
  return {
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "ModelDeployment",
    metadata: { name, namespace: "team-a" },
    spec: {
      model: { id: "org/m", source: "huggingface" },
      engine: { type: "vllm" },
      provider: { name: "vllm" },
      serving: { mode: "aggregated", replicas: 1, resources: { gpu: { count: 1, type: "nvidia.com/gpu" } } },
      ...spec,
    },
  };
}

/** Every field of the hub schema set, as far as they can be set together. */
export function fullDeployment({ provider, engine, mode = "aggregated" }: Combination): ModelDeployment {
  return aDeployment({
    model: {
      id: "org/m",
      source: "huggingface",
      servedName: "served",
      tokenSecretRef: { name: "hf", key: "HF_TOKEN" },
      volumes: [
        {
          name: "weights",
          claimName: "m-weights",
          mountPath: "/weights",
          purpose: "modelCache",
          size: "100Gi",
          storageClassName: "fast",
          accessMode: "ReadWriteMany",
          retentionPolicy: "Retain",
        },
        {
          name: "compiled",
          purpose: "compilationCache",
          mountPath: "/compiled",
          claimName: "m-compiled",
          size: "10Gi",
        },
        { name: "data", claimName: "data", mountPath: "/data", purpose: "custom", readOnly: true },
      ],
      download: {
        enabled: true,
        image: "registry.example/hub:1",
        ttlSecondsAfterFinished: 3600,
        nodeSelector: { pool: "cpu" },
        tolerations: [
          { key: "spot", operator: "Equal", value: "yes", effect: "NoExecute", tolerationSeconds: 60 },
        ],
      },
    },
    engine: {
      type: engine,
      image: "registry.example/engine:1",
      contextLength: 4096,
      trustRemoteCode: true,
      enablePrefixCaching: false,
      enforceEager: true,
      args: { "max-num-seqs": "64" },
      extraArgs: ["--enable-auto-tool-choice"],
    },
    provider: { name: provider, overrides: { extra: { a: 1 } } },
    serving: {
      mode,
      replicas: 2,
      resources: { gpu: { count: 2, type: "nvidia.com/gpu", nodes: 1 }, cpu: "4", memory: "16Gi" },
      prefill: {
        replicas: 1,
        resources: { gpu: { count: 1, type: "nvidia.com/gpu", nodes: 1 }, cpu: 1, memory: "1Gi" },
      },
      decode: {
        replicas: 1,
        resources: { gpu: { count: 1, type: "nvidia.com/gpu", nodes: 1 }, cpu: 1, memory: "1Gi" },
      },
    },
    networking: { port: 8080, gateway: { enabled: true, modelName: "gw", httpRouteRef: "route" } },
    workload: {
      env: [
        { name: "PLAIN", value: "v" },
        { name: "SECRET", valueFrom: { secretKeyRef: { name: "s", key: "k", optional: true } } },
        { name: "CONFIG", valueFrom: { configMapKeyRef: { name: "c", key: "k", optional: true } } },
        { name: "FIELD", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } } },
        {
          name: "AMOUNT",
          valueFrom: {
            resourceFieldRef: { containerName: "engine", resource: "limits.memory", divisor: "1Mi" },
          },
        },
        {
          name: "FILE",
          valueFrom: { fileKeyRef: { volumeName: "weights", path: "env", key: "k", optional: true } },
        },
      ],
      nodeSelector: { pool: "a" },
      tolerations: [
        { key: "gpu", operator: "Equal", value: "yes", effect: "NoExecute", tolerationSeconds: 60 },
      ],
      podTemplate: {
        metadata: { labels: { team: "a" }, annotations: { note: "n" } },
        spec: { terminationGracePeriodSeconds: 60 },
      },
    },
    paused: false,
  });
}
