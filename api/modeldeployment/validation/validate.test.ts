import { describe, expect, test } from "vitest";
import { printFieldError } from "../../../machinery/field/error.ts";
import type { ModelDeployment, ModelDeploymentSpec } from "../v1alpha2/types.ts";
import { overrideBans as overrideBansOf } from "../../../transformers/override-bans.ts";
import { transformers } from "../../../transformers/registry.ts";
import { validateModelDeployment } from "./validate.ts";
import { modelDeploymentWarnings } from "./warnings.ts";

const overrideBans = overrideBansOf(transformers);

const deployment = (
  spec: Partial<ModelDeploymentSpec>,
  annotations?: Record<string, string>,
): ModelDeployment => ({
  apiVersion: "hawsepipe.dev/v1alpha2",
  kind: "ModelDeployment",
  metadata: { name: "m", ...(annotations === undefined ? {} : { annotations }) },
  spec: { model: { id: "a/b" }, ...spec },
});

const overrides = (value: unknown) => ({ provider: { overrides: value as Record<string, never> } });
const podSpec = (value: unknown) => ({ workload: { podTemplate: { spec: value as Record<string, never> } } });
const component = (gpus: number, replicas = 1) => ({ replicas, resources: { gpu: { count: gpus } } });

describe("validation", () => {
  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; want: string[] }>([
    { says: "accepts the minimal object", spec: {}, want: [] },
    {
      says: "accepts values at the ceilings",
      spec: { serving: { replicas: 32, resources: { gpu: { count: 64 }, cpu: 512, memory: "4096Gi" } } },
      want: [],
    },
    {
      says: "rejects values above the ceilings",
      spec: {
        serving: { replicas: 33, resources: { gpu: { count: 65 }, cpu: "512001m", memory: "4097Gi" } },
      },
      want: [
        "spec.serving.replicas: Invalid value: 33: must not exceed the ceiling of 32 replicas",
        "spec.serving.resources.gpu.count: Invalid value: 65: must not exceed the ceiling of 64 accelerators per replica",
        'spec.serving.resources.cpu: Invalid value: "512001m": must not exceed the ceiling of 512 per replica',
        'spec.serving.resources.memory: Invalid value: "4097Gi": must not exceed the ceiling of 4Ti per replica',
      ],
    },
    {
      says: "measures prefill and decode too",
      spec: { serving: { mode: "disaggregated", prefill: component(65), decode: component(1, 33) } },
      want: [
        "spec.serving.prefill.resources.gpu.count: Invalid value: 65: must not exceed the ceiling of 64 accelerators per replica",
        "spec.serving.decode.replicas: Invalid value: 33: must not exceed the ceiling of 32 replicas",
      ],
    },
    {
      says: "measures containers of the pod template",
      spec: podSpec({
        containers: [
          {
            name: "side",
            resources: { limits: { cpu: "600", "amd.com/gpu": 65 }, requests: { memory: "1Gi" } },
          },
        ],
      }),
      want: [
        'spec.workload.podTemplate.spec.containers[0].resources.limits.cpu: Invalid value: "600": must not exceed the ceiling of 512 per replica',
        "spec.workload.podTemplate.spec.containers[0].resources.limits[amd.com/gpu]: Invalid value: 65: must not exceed the ceiling of 64 accelerators per replica",
      ],
    },
    {
      says: "rejects what only all containers of a pod together ask for too much of",
      spec: {
        serving: { resources: { gpu: { count: 40 }, memory: "3Ti" } },
        ...podSpec({
          initContainers: [
            {
              name: "proxy",
              restartPolicy: "Always",
              resources: { requests: { memory: "700Gi" } },
            },
          ],
          containers: [
            { name: "a", resources: { limits: { memory: "700Gi" } } },
            { name: "b", resources: { limits: { "nvidia.com/gpu": 30 } } },
          ],
        }),
      },
      want: [
        'spec.workload.podTemplate.spec: Invalid value: "memory": the containers of a replica, the engine among them, ask for 4472Gi of memory, which must not exceed the ceiling of 4Ti per replica',
        'spec.workload.podTemplate.spec: Invalid value: "nvidia.com/gpu": the containers of a replica, the engine among them, ask for 70 of nvidia.com/gpu, which must not exceed the ceiling of 64 accelerators per replica',
      ],
    },
    {
      says: "lets the pod template say less than spec.serving, and init containers use what the engine does not yet",
      spec: {
        serving: { resources: { memory: "4Ti" } },
        ...podSpec({
          initContainers: [{ name: "i", resources: { limits: { memory: "4Ti" } } }],
          containers: [
            { name: "engine", resources: { limits: { memory: "1Ti" }, requests: { memory: "1Ti" } } },
          ],
        }),
      },
      want: [],
    },
    {
      says: "rejects amounts of the pod itself, and devices of claims, which nothing counts",
      spec: podSpec({
        resources: { limits: { memory: "5Ti" } },
        resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "eight" }],
        containers: [{ name: "engine", resources: { claims: [{ name: "gpu" }] } }],
      }),
      want: [
        'spec.workload.podTemplate.spec.resources.limits.memory: Invalid value: "5Ti": must not exceed the ceiling of 4Ti per replica',
        "spec.workload.podTemplate.spec.resourceClaims: Forbidden: would bypass the ceilings, which count no devices of claims; use spec.serving.resources.gpu",
        "spec.workload.podTemplate.spec.containers[0].resources.claims: Forbidden: would bypass the ceilings, which count no devices of claims; use spec.serving.resources.gpu",
      ],
    },
    {
      says: "counts what every node of a replica has",
      spec: {
        serving: { resources: { gpu: { count: 8, nodes: 9 }, cpu: "50", memory: "600Gi" } },
      },
      want: [
        "spec.serving.resources.gpu.nodes: Invalid value: 9: must not exceed the ceiling of 64 accelerators per replica",
        "spec.serving.resources.gpu.nodes: Invalid value: 9: must not exceed the ceiling of 4Ti per replica",
      ],
    },
    {
      says: "counts what the pod template adds on every node of a replica",
      spec: {
        serving: { resources: { gpu: { count: 8, nodes: 4 } } },
        ...podSpec({ containers: [{ name: "b", resources: { limits: { "nvidia.com/gpu": 9 } } }] }),
      },
      want: [
        'spec.workload.podTemplate.spec: Invalid value: "nvidia.com/gpu": the containers of a replica, the engine among them, ask for 68 of nvidia.com/gpu, which must not exceed the ceiling of 64 accelerators per replica',
      ],
    },
    {
      says: "counts each component of a disaggregated model by itself",
      spec: {
        serving: {
          mode: "disaggregated",
          prefill: { resources: { gpu: { count: 60 } } },
          decode: { resources: { gpu: { count: 4 } } },
        },
        ...podSpec({ containers: [{ name: "b", resources: { limits: { "nvidia.com/gpu": "5" } } }] }),
      },
      want: [
        'spec.workload.podTemplate.spec: Invalid value: "nvidia.com/gpu": the containers of a replica, the engine among them, ask for 65 of nvidia.com/gpu, which must not exceed the ceiling of 64 accelerators per replica',
      ],
    },
    {
      says: "says once what exceeds a ceiling already alone, however absurd it is",
      spec: {
        serving: { resources: { memory: "5Ti" } },
        ...podSpec({
          containers: [
            { name: "a", resources: { limits: { cpu: "1e100000" } } },
            { name: "b", resources: { limits: { cpu: "1n", memory: "1Gi" } } },
          ],
        }),
      },
      want: [
        'spec.serving.resources.memory: Invalid value: "5Ti": must not exceed the ceiling of 4Ti per replica',
        'spec.workload.podTemplate.spec.containers[0].resources.limits.cpu: Invalid value: "1e100000": must not exceed the ceiling of 512 per replica',
      ],
    },
    {
      says: "rejects negative and unreadable quantities but not zero",
      spec: {
        serving: { resources: { cpu: -1, memory: "0" } },
        model: {
          volumes: [
            { name: "v", size: "0" },
            { name: "w", size: "1.5.2" },
          ],
        },
      },
      want: [
        "spec.serving.resources.cpu: Invalid value: -1: must be greater than or equal to 0",
        'spec.model.volumes[0].size: Invalid value: "0": must be greater than 0',
        'spec.model.volumes[1].size: Invalid value: "1.5.2": must be a quantity such as 4, 500m or 16Gi',
      ],
    },
    {
      says: "rejects a flag given twice, whatever its form, but not single dashes and values",
      spec: { engine: { args: { a: "1", b: "" }, extraArgs: ["--a", "--a=2", "-b", "b", "--c", "--ab"] } },
      want: [
        'spec.engine.extraArgs[0]: Invalid value: "--a": --a is already set by spec.engine.args[a]',
        'spec.engine.extraArgs[1]: Invalid value: "--a=2": --a is already set by spec.engine.args[a]',
      ],
    },
    {
      says: "rejects flag names with dashes in front or other signs",
      spec: { engine: { args: { "--a": "", "b c": "", __proto: "" } } },
      want: ["--a", "b c", "__proto"].map(
        (name) =>
          `spec.engine.args[${name}]: Invalid value: "${name}": must be the name of a flag without leading dashes, such as max-num-seqs`,
      ),
    },
    {
      says: "rejects a foreign claim for a created volume",
      spec: {
        model: {
          volumes: [
            { name: "v", size: "1Gi", claimName: "other" },
            { name: "w", size: "1Gi", claimName: "m-w" },
          ],
        },
      },
      want: [
        'spec.model.volumes[0].claimName: Invalid value: "other": must be m-v or absent when size is set',
      ],
    },
    {
      says: "sees the same mount path behind a trailing slash",
      spec: {
        model: {
          volumes: [
            { name: "v", claimName: "a", mountPath: "/a" },
            { name: "w", claimName: "b", mountPath: "/a/" },
          ],
        },
      },
      want: ['spec.model.volumes[1].mountPath: Duplicate value: "/a/"'],
    },
    {
      says: "rejects banned paths in overrides, also when null would remove them, without echoing values",
      spec: overrides({
        metadata: { labels: {} },
        spec: {
          replicas: 99,
          template: {
            spec: {
              hostNetwork: null,
              containers: [{ name: "x" }, { securityContext: { privileged: true } }],
            },
          },
        },
      }),
      want: [
        "spec.provider.overrides.metadata: Forbidden: is set by Hawsepipe; use spec.workload.podTemplate.metadata for labels and annotations of the pods",
        "spec.provider.overrides.spec.template.spec.hostNetwork: Forbidden: would expose the node's network",
        "spec.provider.overrides.spec.template.spec.containers[1].securityContext: Forbidden: decides under which user and privileges the pod runs",
        "spec.provider.overrides.spec.replicas: Forbidden: would bypass the ceilings; use spec.serving",
      ],
    },
    {
      says: "rejects them in graphs of either version, in Ray clusters and below the keys of components",
      spec: overrides({
        spec: {
          components: [
            {
              multinode: { nodeCount: 9 },
              name: "Decode",
              replicas: 99,
              podTemplate: { spec: { hostPID: true } },
            },
          ],
          services: { Decode: { autoscaling: {} } },
          rayClusterConfig: { workerGroupSpecs: [{ numOfHosts: 8 }] },
        },
        prefill: { spec: { replicas: 9 } },
      }),
      want: [
        "spec.provider.overrides.spec.components[0].podTemplate.spec.hostPID: Forbidden: would expose the node's processes",
        "spec.provider.overrides.spec.components[0].multinode: Forbidden: would bypass the ceilings; use spec.serving",
        "spec.provider.overrides.spec.components[0].replicas: Forbidden: would bypass the ceilings; use spec.serving",
        "spec.provider.overrides.spec.services.Decode.autoscaling: Forbidden: would bypass the ceilings; use spec.serving",
        "spec.provider.overrides.spec.rayClusterConfig.workerGroupSpecs[0].numOfHosts: Forbidden: would bypass the ceilings; use spec.serving",
        "spec.provider.overrides.prefill.spec.replicas: Forbidden: would bypass the ceilings; use spec.serving",
      ],
    },
    {
      says: "allows keys of the same name elsewhere",
      spec: overrides({
        spec: {
          template: { spec: { schedulerName: "x", volumes: [{ name: "v", emptyDir: {} }] } },
          strategy: { resources: {}, replicas: 1 },
        },
      }),
      want: [],
    },
    {
      says: "applies the pod rules to the pod template",
      spec: podSpec({ nodeName: "n", volumes: [{ name: "v" }, { hostPath: { path: "/" } }], affinity: {} }),
      want: [
        "spec.workload.podTemplate.spec.nodeName: Forbidden: would bypass the scheduler",
        "spec.workload.podTemplate.spec.volumes[1].hostPath: Forbidden: would expose the node's file system",
      ],
    },
    ...(
      [
        ["spec.workload.podTemplate.spec", podSpec],
        ["spec.provider.overrides.spec.template.spec", (spec) => overrides({ spec: { template: { spec } } })],
      ] as [string, (spec: Record<string, unknown>) => Partial<ModelDeploymentSpec>][]
    ).map(([path, written]) => ({
      says: `lets no credentials for the API come as a volume: ${path}`,
      spec: written({
        volumes: [
          { name: "a", projected: { sources: [{ configMap: { name: "c" } }, { secret: { name: "s" } }] } },
          {
            name: "b",
            projected: {
              sources: [
                { downwardAPI: { items: [] } },
                { serviceAccountToken: { path: "token" } },
                { podCertificate: { signerName: "kubernetes.io/kube-apiserver-client-pod" } },
              ],
            },
          },
        ],
      }),
      want: ["sources[1].serviceAccountToken", "sources[2].podCertificate"].map(
        (field) => `${path}.volumes[1].projected.${field}: Forbidden: would put API credentials into the pod`,
      ),
    })),
    {
      says: "lets the pod template harden its pods, as the restricted pod security standard demands",
      spec: podSpec({
        automountServiceAccountToken: false,
        hostNetwork: false,
        securityContext: { runAsNonRoot: true, fsGroup: 1000, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            name: "side",
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          },
        ],
      }),
      want: [],
    },
    {
      says: "does not let overrides bring amounts and devices by the pod itself",
      spec: overrides({
        spec: { template: { spec: { resources: { limits: { memory: "9Ti" } }, resourceClaims: [] } } },
      }),
      want: [
        "spec.provider.overrides.spec.template.spec.resources: Forbidden: would bypass the ceilings; use spec.serving",
        "spec.provider.overrides.spec.template.spec.resourceClaims: Forbidden: would bypass the ceilings, which count no devices of claims; use spec.serving.resources.gpu",
      ],
    },
    {
      says: "does not let the pod template weaken them, nor remove what was rendered",
      spec: podSpec({
        securityContext: null,
        automountServiceAccountToken: true,
        containers: [
          { securityContext: { privileged: true, capabilities: { add: ["SYS_ADMIN"] } } },
          { securityContext: { seccompProfile: { type: "Unconfined" } } },
        ],
      }),
      want: [
        "spec.workload.podTemplate.spec.automountServiceAccountToken: Forbidden: would put API credentials into the pod",
        "spec.workload.podTemplate.spec.containers[0].securityContext.capabilities.add: Forbidden: would add privileges",
        "spec.workload.podTemplate.spec.containers[0].securityContext.privileged: Forbidden: would give root on the node",
        "spec.workload.podTemplate.spec.containers[1].securityContext.seccompProfile: Forbidden: could lift the confinement of the pod",
        "spec.workload.podTemplate.spec.securityContext: Forbidden: decides under which user and privileges the pod runs",
      ],
    },
  ])("$says", ({ spec, want }) => {
    expect(validateModelDeployment(deployment(spec), { overrideBans }).map(printFieldError).sort()).toEqual(
      [...want].sort(),
    );
  });

  test("ceilings are configurable", () => {
    const ceilings = { gpus: 1, replicas: 1, cpu: "1", memory: "1Gi" };
    const object = deployment({
      serving: { replicas: 2, resources: { gpu: { count: 2 }, cpu: 2, memory: "2Gi" } },
    });
    expect(validateModelDeployment(object, { ceilings }).map((e) => e.path)).toHaveLength(4);
  });

  test("every ban leads somewhere and has a reason, and none stands twice", () => {
    const texts = overrideBans.map(({ path }) => path.join("."));
    expect(new Set(texts).size).toBe(texts.length);
    for (const { path, reason } of overrideBans) {
      expect(reason).not.toBe("");
      const value = path.reduceRight<unknown>(
        (inner, step) => (step === "[]" ? [inner] : { [step === "*" ? "any" : step]: inner }),
        1,
      );
      expect(validateModelDeployment(deployment(overrides(value)), { overrideBans })).toHaveLength(1);
    }
  });
});

describe("volumes with data on update", () => {
  const old = deployment({
    model: {
      volumes: [
        { name: "v", size: "1Gi" },
        { name: "w", claimName: "c", mountPath: "/w" },
      ],
    },
  });
  test.each<{ says: string; volumes: ModelDeploymentSpec["model"]["volumes"]; want: string[] }>([
    { says: "the same size in other words", volumes: [{ name: "v", size: "1024Mi" }], want: [] },
    { says: "a false that was absent", volumes: [{ name: "v", size: "1Gi", readOnly: false }], want: [] },
    { says: "more", volumes: [{ name: "v", size: "2Gi" }], want: [] },
    { says: "less", volumes: [{ name: "v", size: "1023Mi" }], want: ["spec.model.volumes[0].size"] },
    {
      says: "another access mode",
      volumes: [{ name: "v", size: "1Gi", accessMode: "ReadWriteOnce" }],
      want: ["spec.model.volumes[0]"],
    },
    {
      says: "another fate when the deployment goes",
      volumes: [{ name: "v", size: "1Gi", retentionPolicy: "Retain" }],
      want: [],
    },
    { says: "no size any more", volumes: [{ name: "v", claimName: "m-v" }], want: ["spec.model.volumes[0]"] },
    { says: "removal", volumes: [], want: ["spec.model.volumes"] },
    { says: "removal with the whole list", volumes: undefined, want: ["spec.model.volumes"] },
  ])("$says", ({ volumes, want }) => {
    const next = deployment({ model: volumes === undefined ? {} : { volumes } });
    expect(validateModelDeployment(next, { old }).map((e) => e.path)).toEqual(want);
  });

  test("one whose claim is kept may go", () => {
    const kept = deployment({ model: { volumes: [{ name: "v", size: "1Gi", retentionPolicy: "Retain" }] } });
    expect(validateModelDeployment(deployment({ model: {} }), { old: kept })).toEqual([]);
  });
});

test.each<{ says: string; object: ModelDeployment; want: string[] }>([
  { says: "nothing", object: deployment({}), want: [] },
  {
    says: "served name of a custom model",
    object: deployment({ model: { source: "custom", servedName: "s" } }),
    want: ["spec.model.servedName"],
  },
  {
    says: "remote code",
    object: deployment({ engine: { trustRemoteCode: true } }),
    want: ["spec.engine.trustRemoteCode"],
  },
  ...["e", "e:latest", "reg:5000/e", "reg:5000/e:cu130-nightly"].map((image) => ({
    says: `an image whose tag moves: ${image}`,
    object: deployment({ engine: { image } }),
    want: ["spec.engine.image"],
  })),
  ...["e:v1", "reg:5000/e:1.2", `e:latest@sha256:${"0".repeat(64)}`, "e:v0.9.1-cu128"].map((image) => ({
    says: `nothing about an image that stays: ${image}`,
    object: deployment({ engine: { image } }),
    want: [],
  })),
  {
    says: "trtllm with a context length",
    object: deployment({ engine: { type: "trtllm", contextLength: 1 } }),
    want: ["spec.engine.contextLength"],
  },
  {
    says: "read-only caches",
    object: deployment({
      model: {
        volumes: [
          { name: "a", claimName: "a", purpose: "modelCache", readOnly: true },
          { name: "b", claimName: "b", purpose: "compilationCache", readOnly: true },
          { name: "c", claimName: "c", purpose: "custom", readOnly: true },
        ],
      },
    }),
    want: ["spec.model.volumes[0].readOnly", "spec.model.volumes[1].readOnly"],
  },
  {
    says: "components in aggregated mode",
    object: deployment({ serving: { prefill: {}, decode: {} } }),
    want: ["spec.serving.prefill", "spec.serving.decode"],
  },
  {
    says: "replicas in disaggregated mode",
    object: deployment({ serving: { mode: "disaggregated", replicas: 1, resources: { cpu: 1 } } }),
    want: ["spec.serving.replicas", "spec.serving.resources.cpu"],
  },
  {
    says: "annotations of the former system that do nothing",
    object: deployment(
      {},
      { "airunway.ai/dynamo-test-backend": "mocker", "airunway.ai/reconcile-paused": "true" },
    ),
    want: ["metadata.annotations[airunway.ai/dynamo-test-backend]"],
  },
])("warns about: $says", ({ object, want }) => {
  expect(modelDeploymentWarnings(object).map((text) => text.slice(0, text.indexOf(": ")))).toEqual(want);
});
