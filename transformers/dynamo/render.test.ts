import { describe, expect, test } from "vitest";
import { asJson } from "../../api/meta/types.ts";
import type { ModelDeploymentSpec } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { aDeployment } from "../testing/deployments.ts";
import type { Rendered } from "../transformer.ts";
import { testBackendAnnotation } from "./mocker.ts";
import { dynamo } from "./provider.ts";

type Version = "nvidia.com/v1alpha1" | "nvidia.com/v1beta1";
const versions: readonly Version[] = ["nvidia.com/v1alpha1", "nvidia.com/v1beta1"];

interface Options {
  readonly name?: string;
  readonly apiVersion?: Version;
  readonly annotations?: Record<string, string>;
}

function render(spec: Partial<ModelDeploymentSpec>, options: Options = {}): Rendered {
  const { name, apiVersion = "nvidia.com/v1alpha1", annotations } = options;
  const deployment = aDeployment({ provider: { name: "dynamo" }, ...spec }, name);
  if (annotations !== undefined) deployment.metadata.annotations = annotations;
  return dynamo.render(deployment, { apiVersion });
}

function graph(spec: Partial<ModelDeploymentSpec>, options?: Options): JsonObject {
  const found = render(spec, options).resources.find(({ kind }) => kind === "DynamoGraphDeployment");
  if (found === undefined) throw new Error("no graph");
  return asJson(found);
}

const service = (
  spec: Partial<ModelDeploymentSpec>,
  name: string,
  ...path: string[]
): JsonValue | undefined => getPath(graph(spec), "spec", "services", name, ...path);
const names = (object: JsonObject): string[] => {
  const services = getPath(object, "spec", "services");
  const components = getPath(object, "spec", "components");
  return services === undefined
    ? (components as { name: string }[]).map(({ name }) => name)
    : Object.keys(services as JsonObject);
};
const errors = (spec: Partial<ModelDeploymentSpec>, options?: Options): string[] =>
  render(spec, options).errors.map(({ path }) => path);
const unsupported = (spec: Partial<ModelDeploymentSpec>, options?: Options): string[] =>
  render(spec, options).unsupported.map(({ path }) => path);

const disaggregated: Partial<ModelDeploymentSpec> = {
  serving: {
    mode: "disaggregated",
    prefill: { replicas: 1, resources: { gpu: { count: 1 } } },
    decode: { replicas: 2, resources: { gpu: { count: 2 } } },
  },
};
const gateway = { networking: { gateway: { enabled: true } } };

describe.each(versions)("the parts of a graph in %s", (apiVersion) => {
  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; want: string[] }>([
    { says: "are a frontend and a worker", spec: {}, want: ["Frontend", "VllmWorker"] },
    {
      says: "are an endpoint picker instead of the frontend behind a gateway",
      spec: gateway,
      want: ["Epp", "VllmWorker"],
    },
    {
      says: "are a frontend as well where no gateway is asked for",
      spec: { networking: { gateway: { enabled: false } } },
      want: ["Frontend", "VllmWorker"],
    },
    {
      says: "are two kinds of workers in disaggregated mode",
      spec: disaggregated,
      want: ["Frontend", "VllmPrefillWorker", "VllmDecodeWorker"],
    },
  ])("$says", ({ spec, want }) => {
    expect(names(graph(spec, { apiVersion }))).toEqual(want);
  });

  test("have the replicas that are asked for, zero among them", () => {
    const replicas = (spec: Partial<ModelDeploymentSpec>): unknown[] => {
      const { services, components } = graph(spec, { apiVersion })["spec"] as Record<string, JsonObject>;
      return Object.values(components ?? services ?? {}).map((part) => getPath(part, "replicas"));
    };
    expect(replicas({ serving: { replicas: 3 } })).toEqual([1, 3]);
    expect(replicas({ serving: { replicas: 0 } })).toEqual([0, 0]);
    expect(replicas(disaggregated)).toEqual([1, 1, 2]);
  });
});

describe("a worker", () => {
  const main = (spec: Partial<ModelDeploymentSpec>, name = "VllmWorker"): JsonObject =>
    service(spec, name, "extraPodSpec", "mainContainer") as JsonObject;
  const args = (spec: Partial<ModelDeploymentSpec>, name?: string): string[] =>
    main(spec, name)["args"] as string[];

  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; want: string[] }>([
    {
      says: "of SGLang is told in SGLang's words",
      spec: {
        engine: { type: "sglang", contextLength: 8, enforceEager: true, enablePrefixCaching: false },
        serving: { resources: { gpu: { count: 2 } } },
      },
      want: [
        ...["--model-path", "org/m", "--context-length", "8", "--disable-cuda-graph"],
        ...["--disable-radix-cache", "--tensor-parallel-size", "2"],
      ],
    },
    {
      says: "of TensorRT-LLM is told in its words",
      spec: { engine: { type: "trtllm", contextLength: 8, enablePrefixCaching: true } },
      want: [
        ...["--model-path", "org/m", "--max-seq-len", "8"],
        ...["--override-engine-args", '{"kv_cache_config":{"enable_block_reuse":true}}'],
      ],
    },
    {
      says: "takes a user's flag before its own",
      spec: {
        engine: { type: "vllm", args: { tensor_parallel_size: "1" }, extraArgs: ["-pp", "2"] },
        serving: { resources: { gpu: { count: 2 } } },
      },
      want: ["--model", "org/m", "--tensor_parallel_size", "1", "-pp", "2"],
    },
  ])("$says", ({ spec, want }) => {
    expect(args(spec)).toEqual(want);
  });

  test("of several nodes shares the model over all of them", () => {
    const spec = { serving: { resources: { gpu: { count: 8, nodes: 2 } } } };
    expect(args(spec)).toEqual(["--model", "org/m", "--tensor-parallel-size", "16"]);
    expect(service(spec, "VllmWorker", "resources", "limits", "gpu")).toBe("8");
    expect(service(spec, "VllmWorker", "multinode")).toEqual({ nodeCount: 2 });
    expect(service(spec, "Frontend", "multinode")).toBeUndefined();
    expect(service({ serving: { resources: { gpu: { count: 8, nodes: 1 } } } }, "VllmWorker")).toEqual(
      service({ serving: { resources: { gpu: { count: 8 } } } }, "VllmWorker"),
    );
  });

  test("of several nodes may be one component of a disaggregated model and not the other", () => {
    const spec = {
      serving: {
        mode: "disaggregated",
        prefill: { resources: { gpu: { count: 4 } } },
        decode: { resources: { gpu: { count: 8, nodes: 2 } } },
      },
    } as const;
    expect(service(spec, "VllmPrefillWorker", "multinode")).toBeUndefined();
    expect(service(spec, "VllmDecodeWorker", "multinode")).toEqual({ nodeCount: 2 });
    expect(args(spec, "VllmDecodeWorker")).toEqual(expect.arrayContaining(["--tensor-parallel-size", "16"]));
  });

  test.each([
    ["ReadWriteMany", 2, 0, 0],
    ["ReadWriteOnce", 2, 0, 1],
    ["ReadWriteOncePod", 2, 1, 0],
    ["ReadWriteOncePod", 1, 0, 0],
  ] as const)("with a volume of %s and %d replicas: %d errors, %d warnings", (mode, replicas, bad, told) => {
    const volume = { name: "w", size: "1Gi", mountPath: "/w", accessMode: mode };
    const rendered = render({
      model: { id: "org/m", volumes: [volume] },
      serving: { replicas, resources: { gpu: { count: 1 } } },
    });
    expect([rendered.errors.length, rendered.warnings.length]).toEqual([bad, told]);
  });

  test("of several nodes cannot have a volume of one pod", () => {
    const serving = { resources: { gpu: { count: 1, nodes: 2 } } };
    const volume = { name: "w", size: "1Gi", mountPath: "/w", accessMode: "ReadWriteOncePod" as const };
    const model = { id: "org/m", volumes: [volume] };
    expect(errors({ model, serving })).toEqual(["spec.model.volumes[0].accessMode"]);
  });

  test("hands its cache over in disaggregated mode", () => {
    expect(args(disaggregated, "VllmPrefillWorker")).toEqual(
      expect.arrayContaining(["--disaggregation-mode", "prefill", "--kv-transfer-config"]),
    );
    expect(args(disaggregated, "VllmDecodeWorker")).toEqual(
      expect.arrayContaining(["--disaggregation-mode", "decode", "--tensor-parallel-size", "2"]),
    );
    expect(service(disaggregated, "VllmDecodeWorker", "subComponentType")).toBe("decode");
    const own = { workload: { env: [{ name: "VLLM_NIXL_SIDE_CHANNEL_HOST", value: "here" }] } };
    expect(main({ ...disaggregated, ...own }, "VllmPrefillWorker")["env"]).toEqual(own.workload.env);
  });

  test("asks for accelerators of other makers by their name, and for what has no name of Dynamo's", () => {
    const spec = {
      engine: { type: "vllm", image: "rocm:1" },
      serving: { resources: { gpu: { count: 2, type: "amd.com/gpu" }, memory: 1024, cpu: 2 } },
      workload: {
        podTemplate: {
          spec: { containers: [{ name: "engine", resources: { limits: { "ephemeral-storage": "9Gi" } } }] },
        },
      },
    } as const;
    expect(service(spec as unknown as ModelDeploymentSpec, "VllmWorker", "resources")).toEqual({
      limits: { gpu: "2", gpuType: "amd.com/gpu", memory: "1024", custom: { "ephemeral-storage": "9Gi" } },
      requests: { gpu: "2", gpuType: "amd.com/gpu", memory: "1024", cpu: "2" },
    });
  });

  test("keeps sidecars and init containers beside it", () => {
    const containers = [{ name: "logs", image: "l" }];
    const spec = {
      workload: { podTemplate: { spec: { containers, initContainers: [{ name: "i", image: "i" }] } } },
    };
    expect(service(spec, "VllmWorker", "extraPodSpec")).toMatchObject({
      containers,
      initContainers: [{ name: "i", image: "i" }],
      mainContainer: { command: ["python3", "-m", "dynamo.vllm"] },
    });
    const beta = getPath(
      graph(spec, { apiVersion: "nvidia.com/v1beta1" }),
      "spec",
      "components",
    ) as JsonValue[];
    expect(getPath(beta[1], "podTemplate", "spec", "containers")).toEqual([
      expect.objectContaining({ name: "main" }),
      containers[0],
    ]);
  });
});

test("the frontend reads tokenizers, so it has the token and what leads to the hub, but nothing of the engine's pod", () => {
  const spec: Partial<ModelDeploymentSpec> = {
    model: { id: "m", tokenSecretRef: { name: "hf" } },
    workload: {
      env: [
        { name: "HF_ENDPOINT", value: "https://hub.example" },
        { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      ],
    },
  };
  const env = service(spec, "Frontend", "extraPodSpec", "mainContainer", "env") as { name: string }[];
  expect(env.map(({ name }) => name)).toEqual(["HF_TOKEN", "HF_ENDPOINT", "DYN_ROUTER_MODE"]);
});

describe("behind a gateway", () => {
  test("each worker has a frontend of its own, in both versions", () => {
    expect(service(gateway, "VllmWorker", "frontendSidecar", "args")).toContain("direct");
    const beta = getPath(
      graph(gateway, { apiVersion: "nvidia.com/v1beta1" }),
      "spec",
      "components",
    ) as JsonValue[];
    expect(getPath(beta[1], "frontendSidecar")).toBe("sidecar-frontend");
    expect(getPath(beta[1], "podTemplate", "spec", "containers")).toHaveLength(2);
  });

  test("the endpoint picker tells the workers apart by the label the version gives them", () => {
    const filters = (spec: Partial<ModelDeploymentSpec>, apiVersion: Version): unknown[] => {
      const { services, components } = graph({ ...spec, ...gateway }, { apiVersion })["spec"] as Record<
        string,
        JsonValue
      >;
      const picker = Array.isArray(components) ? components[0] : getPath(services, "Epp");
      const plugins = getPath(picker, "eppConfig", "config", "plugins") as {
        type: string;
        parameters: unknown;
      }[];
      return plugins.filter(({ type }) => type === "label-filter").map(({ parameters }) => parameters);
    };
    const alpha = "nvidia.com/dynamo-sub-component-type";
    const beta = "nvidia.com/dynamo-component-type";
    expect(filters({}, "nvidia.com/v1alpha1")).toEqual([
      { label: alpha, validValues: ["decode"], allowsNoLabel: true },
    ]);
    expect(filters({}, "nvidia.com/v1beta1")).toEqual([
      { label: beta, validValues: ["worker"], allowsNoLabel: true },
    ]);
    expect(filters(disaggregated, "nvidia.com/v1beta1")).toEqual([
      { label: beta, validValues: ["prefill"], allowsNoLabel: false },
      { label: beta, validValues: ["decode"], allowsNoLabel: false },
    ]);
  });
});

describe("the stand-in for an engine", () => {
  const annotations = { [testBackendAnnotation]: "mocker" };
  test("needs no accelerator and takes no settings", () => {
    const spec = { engine: { type: "vllm", contextLength: 8 }, serving: {} } as const;
    const worker = getPath(graph(spec, { annotations }), "spec", "services", "VllmWorker");
    expect(getPath(worker, "extraPodSpec", "mainContainer", "command")).toEqual([
      "python3",
      "-m",
      "dynamo.mocker",
    ]);
    expect(getPath(worker, "resources", "limits")).toEqual({ cpu: "100m", memory: "256Mi" });
    expect(unsupported(spec, { annotations })).toEqual(["spec.engine.contextLength"]);
  });
  test("has a frontend, whatever is said about gateways, and is there for vLLM only", () => {
    expect(names(graph(gateway, { annotations }))).toEqual(["Frontend", "VllmWorker"]);
    expect(unsupported({ ...gateway, serving: {} }, { annotations })).toEqual([
      "spec.networking.gateway.enabled",
    ]);
    expect(errors({ engine: { type: "sglang" } }, { annotations })).toEqual(["spec.engine.type"]);
  });
  test("takes what it takes: resources that are asked for are reported, on every component", () => {
    const resources = { gpu: { count: 2, type: "amd.com/gpu" }, cpu: "4", memory: "1Gi" };
    const fields = ["gpu.count", "gpu.type", "cpu", "memory"];
    expect(unsupported({ serving: { resources } }, { annotations })).toEqual(
      fields.map((field) => `spec.serving.resources.${field}`),
    );
    const apart = { mode: "disaggregated", prefill: { resources }, decode: { resources } } as const;
    expect(unsupported({ serving: apart }, { annotations })).toEqual(
      ["prefill", "decode"].flatMap((part) =>
        fields.map((field) => `spec.serving.${part}.resources.${field}`),
      ),
    );
    expect(unsupported({ serving: { resources: { gpu: { count: 0 } } } }, { annotations })).toEqual([]);
  });
  test("needs a model to read the tokenizer of", () => {
    const model = { source: "custom" } as const;
    expect(errors({ model, engine: { type: "vllm", image: "i" } }, { annotations })).toEqual([
      "spec.model.id",
    ]);
  });
  test("is found under the former annotation, too", () => {
    const former = { "airunway.ai/dynamo-test-backend": "mocker" };
    expect(render({}, { annotations: former })).toEqual(render({}, { annotations }));
  });
});

describe("overrides", () => {
  const withOverrides = (
    overrides: JsonObject,
    more: Partial<ModelDeploymentSpec> = {},
  ): Partial<ModelDeploymentSpec> => ({
    ...more,
    provider: { name: "dynamo", overrides },
  });
  test("of the frontend say how many there are, with what, and how they choose workers", () => {
    const spec = withOverrides({ routerMode: "kv", frontend: { replicas: 0, resources: { cpu: 8 } } });
    expect(service(spec, "Frontend")).toMatchObject({
      replicas: 0,
      resources: { requests: { cpu: "8", memory: "4Gi" } },
      extraPodSpec: { mainContainer: { env: [{ name: "DYN_ROUTER_MODE", value: "kv" }] } },
    });
    expect(getPath(graph(spec), "routerMode")).toBeUndefined();
  });

  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; apiVersion?: Version; want: string[] }>([
    { says: "an unknown router", spec: withOverrides({ routerMode: "dice" }), want: ["routerMode"] },
    {
      says: "an unknown setting",
      spec: withOverrides({ frontend: { image: "x" } }),
      want: ["frontend.image"],
    },
    {
      says: "half a frontend",
      spec: withOverrides({ frontend: { replicas: 0.5 } }),
      want: ["frontend.replicas"],
    },
    { says: "a text for an object", spec: withOverrides({ frontend: "x" }), want: ["frontend"] },
    {
      says: "two endpoint pickers",
      spec: withOverrides({ epp: { replicas: 2 } }, gateway),
      want: ["epp.replicas"],
    },
    {
      says: "a component that is none of this graph's",
      spec: withOverrides({ spec: { services: { VllmDecodeWorker: { labels: {} } } } }),
      want: ["spec.services.VllmDecodeWorker"],
    },
    {
      says: "taking a component away",
      spec: withOverrides({ spec: { services: { VllmWorker: null } } }),
      want: ["spec.services.VllmWorker"],
    },
    {
      says: "a priority over others",
      spec: withOverrides({ spec: { priorityClassName: "high" } }),
      want: ["spec.priorityClassName"],
    },
    {
      says: "the words of another version",
      spec: withOverrides({ spec: { services: { VllmWorker: {} } } }),
      apiVersion: "nvidia.com/v1beta1",
      want: ["spec.services"],
    },
    {
      says: "the words of another version, the other way round",
      spec: withOverrides({ spec: { components: [] } }),
      want: ["spec.components"],
    },
  ])("refuse $says", ({ spec, apiVersion, want }) => {
    expect(errors(spec, apiVersion === undefined ? {} : { apiVersion })).toEqual(
      want.map((path) => `spec.provider.overrides.${path}`),
    );
  });

  test("of the part that is not there are reported", () => {
    expect(unsupported(withOverrides({ epp: { image: "x" } }))).toEqual(["spec.provider.overrides.epp"]);
    expect(unsupported(withOverrides({ routerMode: "kv", frontend: {} }, gateway))).toEqual([
      "spec.provider.overrides.routerMode",
      "spec.provider.overrides.frontend",
    ]);
  });
});

describe("refusals", () => {
  test.each<{ says: string; name?: string; spec: Partial<ModelDeploymentSpec>; want: string[] }>([
    {
      says: "an engine without a runtime",
      spec: { engine: { type: "llamacpp" } },
      want: ["spec.engine.type"],
    },
    {
      says: "TensorRT-LLM in disaggregated mode",
      spec: { ...disaggregated, engine: { type: "trtllm" } },
      want: ["spec.serving.mode"],
    },
    { says: "a name no Service may have", name: "1m", spec: {}, want: ["metadata.name"] },
    {
      says: "a name without room for the component",
      name: "m".repeat(36),
      spec: {},
      want: ["metadata.name"],
    },
    {
      says: "less room in disaggregated mode",
      name: "m".repeat(29),
      spec: disaggregated,
      want: ["metadata.name"],
    },
    {
      says: "less room when a replica spans nodes",
      name: "m".repeat(22),
      spec: { serving: { resources: { gpu: { count: 8, nodes: 2 } } } },
      want: ["metadata.name"],
    },
    {
      says: "flags that the mode decides",
      spec: { engine: { type: "vllm", args: { "disaggregation-mode": "decode" }, extraArgs: ["--port=1"] } },
      want: ["spec.engine.args[disaggregation-mode]", "spec.engine.extraArgs[0]"],
    },
  ])("$says", ({ name, spec, want }) => {
    expect(errors(spec, name === undefined ? {} : { name })).toEqual(want);
  });
  test("not of names that just fit", () => {
    expect(errors({}, { name: "m".repeat(35) })).toEqual([]);
    expect(errors(disaggregated, { name: "m".repeat(28) })).toEqual([]);
    const resources = { gpu: { count: 8, nodes: 2 } };
    expect(errors({ serving: { resources } }, { name: "m".repeat(21) })).toEqual([]);
    const apart = { mode: "disaggregated", prefill: { resources }, decode: { resources } } as const;
    expect(errors({ serving: apart }, { name: "m".repeat(7) })).toEqual([]);
    expect(errors({ serving: apart }, { name: "m".repeat(8) })).toEqual(["metadata.name"]);
  });
});

describe.each(versions)("what cannot change in a graph of %s", (apiVersion) => {
  const change = (
    before: Partial<ModelDeploymentSpec>,
    after: Partial<ModelDeploymentSpec>,
  ): readonly string[] => {
    const [a, b] = [before, after].map((spec) => render(spec, { apiVersion }).resources.at(-1));
    if (a === undefined || b === undefined) throw new Error("nothing rendered");
    return dynamo.immutable(a, b);
  };
  const at = apiVersion === "nvidia.com/v1beta1" ? "spec.components" : "spec.services";
  test.each<{ says: string; after: Partial<ModelDeploymentSpec>; want: readonly string[] }>([
    { says: "the set of components", after: gateway, want: [at] },
    { says: "the engine", after: { engine: { type: "sglang" } }, want: ["spec.backendFramework"] },
    { says: "not the image", after: { engine: { type: "vllm", image: "i" } }, want: [] },
    { says: "not the replicas", after: { serving: { replicas: 5 } }, want: [] },
  ])("$says", ({ after, want }) => {
    expect(change({}, after)).toEqual(want);
  });
  test("whether a component spans several nodes", () => {
    const serving = (nodes: number) => ({ resources: { gpu: { count: 1, nodes } } });
    expect(change({}, { serving: serving(2) })).toEqual([at]);
    expect(change({ serving: serving(2) }, { serving: serving(1) })).toEqual([at]);
    expect(change({ serving: serving(2) }, { serving: serving(3) })).toEqual([]);
  });
});
