import { describe, expect, test } from "vitest";
import { asJson } from "../../api/meta/types.ts";
import type { ModelDeploymentSpec } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { decodeYaml } from "../../machinery/yaml/decode.ts";
import { aDeployment } from "../testing/deployments.ts";
import type { Rendered } from "../transformer.ts";
import { kuberay } from "./provider.ts";

const render = (spec: Partial<ModelDeploymentSpec>, name?: string): Rendered =>
  kuberay.render(aDeployment({ provider: { name: "kuberay" }, ...spec }, name), { apiVersion: "ray.io/v1" });

function service(spec: Partial<ModelDeploymentSpec>): JsonObject {
  const { resources, errors } = render(spec);
  const found = resources.find(({ kind }) => kind === "RayService");
  if (found === undefined) throw new Error(`no RayService: ${JSON.stringify(errors)}`);
  return asJson(found);
}
const cluster = (spec: Partial<ModelDeploymentSpec>, ...path: string[]): JsonValue | undefined =>
  getPath(service(spec), "spec", "rayClusterConfig", ...path);
const groups = (spec: Partial<ModelDeploymentSpec>): JsonObject[] =>
  cluster(spec, "workerGroupSpecs") as JsonObject[];
function application(spec: Partial<ModelDeploymentSpec>): JsonObject {
  const text = getPath(service(spec), "spec", "serveConfigV2") as string;
  return (decodeYaml(text).value as { applications: JsonObject[] }).applications[0]!;
}
const llm = (spec: Partial<ModelDeploymentSpec>): JsonObject =>
  (getPath(application(spec), "args", "llm_configs") as JsonObject[])[0]!;
const kwargs = (engine: object): unknown => llm({ engine: { type: "vllm", ...engine } })["engine_kwargs"];
const errors = (spec: Partial<ModelDeploymentSpec>, name?: string): string[] =>
  render(spec, name).errors.map(({ path }) => path);

const disaggregated: Partial<ModelDeploymentSpec> = {
  serving: {
    mode: "disaggregated",
    prefill: { replicas: 1, resources: { gpu: { count: 1 } } },
    decode: { replicas: 3, resources: { gpu: { count: 2 } } },
  },
};

describe("the application", () => {
  test("serves the model under its name, with a replica on each worker", () => {
    const spec: Partial<ModelDeploymentSpec> = {
      model: { id: "org/m", servedName: "s" },
      serving: { replicas: 3, resources: { gpu: { count: 4 } } },
    };
    expect(application(spec)).toMatchObject({
      import_path: "ray.serve.llm:build_openai_app",
      route_prefix: "/",
    });
    expect(llm(spec)).toEqual({
      model_loading_config: { model_id: "s", model_source: "org/m" },
      deployment_config: { num_replicas: 3 },
      engine_kwargs: { tensor_parallel_size: 4 },
    });
    expect(
      groups(spec).map(({ groupName, replicas, minReplicas, maxReplicas }) => [
        groupName,
        replicas,
        minReplicas,
        maxReplicas,
      ]),
    ).toEqual([["gpu-workers", 3, 3, 3]]);
  });

  test("has prefill and decode apart, each on workers of its own", () => {
    const { import_path, args } = application(disaggregated);
    expect(import_path).toBe("ray.serve.llm:build_pd_openai_app");
    const transfer = { kv_connector: "NixlConnector", kv_role: "kv_both" };
    expect(args).toMatchObject({
      prefill_config: {
        deployment_config: { num_replicas: 1 },
        engine_kwargs: { kv_transfer_config: transfer },
        placement_group_config: { bundles: [{ CPU: 1, GPU: 1, prefill: 0.001 }] },
      },
      decode_config: {
        deployment_config: { num_replicas: 3 },
        engine_kwargs: { kv_transfer_config: transfer, tensor_parallel_size: 2 },
        placement_group_config: {
          bundles: [
            { CPU: 1, GPU: 1, decode: 0.001 },
            { GPU: 1, decode: 0.001 },
          ],
        },
      },
    });
    expect(
      groups(disaggregated).map(({ groupName, replicas, rayStartParams }) => [
        groupName,
        replicas,
        rayStartParams,
      ]),
    ).toEqual([
      ["prefill-workers", 1, { resources: '"{\\"prefill\\":1}"' }],
      ["decode-workers", 3, { resources: '"{\\"decode\\":1}"' }],
    ]);
  });

  test.each<{ type: string; count: number; params: object }>([
    { type: "nvidia.com/gpu", count: 2, params: {} },
    { type: "amd.com/gpu", count: 2, params: {} },
    { type: "habana.ai/gaudi", count: 8, params: { "num-gpus": "8" } },
    { type: "gpu.intel.com/i915", count: 1, params: { "num-gpus": "1" } },
    { type: "habana.ai/gaudi", count: 0, params: {} },
  ])("says how many $type there are, where KubeRay does not see it: $count", ({ type, count, params }) => {
    const [group] = groups({ serving: { replicas: 1, resources: { gpu: { count, type } } } });
    expect(group?.["rayStartParams"]).toEqual(params);
  });

  test("loads weights that are mounted", () => {
    const volumes = [{ name: "w", purpose: "modelCache" as const, claimName: "w" }];
    expect(llm({ model: { source: "custom", volumes } })["model_loading_config"]).toEqual({
      model_id: "m",
      model_source: "/model-cache",
    });
  });

  test("has the same text whatever the order of settings", () => {
    const text = (args: Record<string, string>): unknown =>
      getPath(service({ engine: { type: "vllm", args } }), "spec", "serveConfigV2");
    expect(text({ a: "1", b: "2" })).toBe(text({ b: "2", a: "1" }));
  });
});

describe("settings of the engine", () => {
  test.each<{ says: string; engine: object; want: JsonObject }>([
    {
      says: "come from fields, an explicit false among them",
      engine: { contextLength: 8, trustRemoteCode: false, enablePrefixCaching: false, enforceEager: true },
      want: { max_model_len: 8, trust_remote_code: false, enable_prefix_caching: false, enforce_eager: true },
    },
    {
      says: "have values of their own type",
      engine: {
        args: {
          "max-num-seqs": "64",
          "gpu-memory-utilization": "0.9",
          "async-scheduling": "",
          quantization: "awq",
          "compilation-config": '{"level":3}',
          revision: '"123"',
        },
      },
      want: {
        max_num_seqs: 64,
        gpu_memory_utilization: 0.9,
        async_scheduling: true,
        quantization: "awq",
        compilation_config: { level: 3 },
        revision: "123",
      },
    },
    {
      says: "are read from tokens, too",
      engine: {
        extraArgs: [
          "--no-enable-prefix-caching",
          "--seed=-1",
          "--dtype",
          "half",
          "-pp",
          "2",
          "--async-scheduling",
        ],
      },
      want: {
        enable_prefix_caching: false,
        seed: -1,
        dtype: "half",
        pipeline_parallel_size: 2,
        async_scheduling: true,
      },
    },
  ])("$says", ({ engine, want }) => {
    expect(kwargs(engine)).toEqual(want);
  });

  test("given by name take the place of fields, which is said", () => {
    const { unsupported } = render({
      engine: { type: "vllm", contextLength: 8, args: { "max-model-len": "16" } },
    });
    expect(unsupported).toEqual([
      { path: "spec.engine.contextLength", reason: "spec.engine.args[max-model-len] takes its place" },
    ]);
  });

  test.each<{ says: string; engine: object; want: string[] }>([
    { says: "without a name", engine: { extraArgs: ["here"] }, want: ["spec.engine.extraArgs[0]"] },
    {
      says: "twice",
      engine: { args: { "max-num-seqs": "1", max_num_seqs: "2" } },
      want: ["spec.engine.args[max_num_seqs]"],
    },
    {
      says: "that Ray decides",
      engine: { args: { port: "1" }, extraArgs: ["--model=x"] },
      want: ["spec.engine.args[port]", "spec.engine.extraArgs[0]"],
    },
  ])("are refused $says", ({ engine, want }) => {
    expect(errors({ engine: { type: "vllm", ...engine } })).toEqual(want);
  });
});

describe("pods", () => {
  const containers = (spec: Partial<ModelDeploymentSpec>, ...at: string[]): JsonObject[] =>
    (at.length > 0
      ? cluster(spec, ...at)
      : getPath(groups(spec)[0], "template", "spec", "containers")) as JsonObject[];
  const head = ["headGroupSpec", "template", "spec", "containers"];

  test("of workers get accelerators by their name, and the head none", () => {
    const spec: Partial<ModelDeploymentSpec> = {
      engine: { type: "vllm", image: "rocm:1" },
      serving: { resources: { gpu: { count: 2, type: "amd.com/gpu" } } },
    };
    expect(containers(spec)[0]).toMatchObject({
      image: "rocm:1",
      resources: { limits: { "amd.com/gpu": "2" }, requests: { "amd.com/gpu": "2" } },
    });
    expect(containers(spec, ...head)[0]).toMatchObject({
      image: "rocm:1",
      resources: { requests: { cpu: "2", memory: "8Gi" }, limits: { memory: "8Gi" } },
    });
    expect(cluster(spec, "headGroupSpec", "rayStartParams", "num-cpus")).toBe("0");
  });

  test.each([
    ["ReadWriteMany", 2, 0, 0],
    ["ReadWriteOnce", 2, 0, 1],
    ["ReadWriteOncePod", 2, 1, 0],
    ["ReadWriteOncePod", 1, 0, 0],
  ] as const)("with a volume of %s and %d workers: %d errors, %d warnings", (mode, replicas, bad, told) => {
    const volume = { name: "w", size: "1Gi", mountPath: "/w", accessMode: mode };
    const rendered = render({
      model: { id: "org/m", volumes: [volume] },
      serving: { replicas, resources: { gpu: { count: 1 } } },
    });
    expect([rendered.errors.length, rendered.warnings.length]).toEqual([bad, told]);
  });

  test("of the template have the engine first, because Ray is started there", () => {
    const spec = {
      workload: {
        podTemplate: {
          spec: { containers: [{ name: "logs", image: "l" }], imagePullSecrets: [{ name: "pull" }] },
        },
      },
    };
    expect(containers(spec).map(({ name }) => name)).toEqual(["engine", "logs"]);
    expect(containers(spec, ...head).map(({ name }) => name)).toEqual(["ray-head"]);
    expect(cluster(spec, "headGroupSpec", "template", "spec", "imagePullSecrets")).toEqual([
      { name: "pull" },
    ]);
  });
});

test("scaled to zero there is no RayService, but the data stays", () => {
  const volumes = [{ name: "v", size: "1Gi", mountPath: "/v", purpose: "modelCache" as const }];
  const { resources } = render({ model: { id: "m", volumes }, serving: { replicas: 0 } });
  expect(resources.map(({ kind }) => kind)).toEqual(["PersistentVolumeClaim"]);
});

describe("overrides", () => {
  const withOverrides = (overrides: JsonObject): Partial<ModelDeploymentSpec> => ({
    provider: { name: "kuberay", overrides },
  });
  test("are for the head, for one group, and for the resource", () => {
    const spec = withOverrides({
      head: { resources: { memory: "4Gi" }, rayStartParams: { "num-cpus": "2" } },
      spec: {
        upgradeStrategy: { type: "None" },
        rayClusterConfig: {
          workerGroupSpecs: [{ groupName: "gpu-workers", rayStartParams: { "object-store-memory": "1" } }],
        },
      },
    });
    expect(getPath(service(spec), "spec", "upgradeStrategy")).toEqual({ type: "None" });
    expect(getPath(service(spec), "head")).toBeUndefined();
    expect(cluster(spec, "headGroupSpec", "rayStartParams")).toEqual({
      "dashboard-host": "0.0.0.0",
      "num-cpus": "2",
    });
    expect(groups(spec)[0]).toMatchObject({ replicas: 1, rayStartParams: { "object-store-memory": "1" } });
  });
  test.each<{ says: string; overrides: JsonObject; want: string }>([
    {
      says: "another group",
      overrides: { spec: { rayClusterConfig: { workerGroupSpecs: [{ groupName: "more" }] } } },
      want: "spec.rayClusterConfig.workerGroupSpecs[0].groupName",
    },
    {
      says: "workers that come and go",
      overrides: { spec: { rayClusterConfig: { autoscalerOptions: { securityContext: {} } } } },
      want: "spec.rayClusterConfig.autoscalerOptions",
    },
    { says: "an unknown setting of the head", overrides: { head: { replicas: 2 } }, want: "head.replicas" },
    {
      says: "a number where Ray takes a text",
      overrides: { head: { rayStartParams: { a: 1 } } },
      want: "head.rayStartParams.a",
    },
  ])("refuse $says", ({ overrides, want }) => {
    expect(errors(withOverrides(overrides))).toEqual([`spec.provider.overrides.${want}`]);
  });
});

describe("refusals", () => {
  test.each<{ says: string; name?: string; spec: Partial<ModelDeploymentSpec>; want: string[] }>([
    { says: "another engine", spec: { engine: { type: "sglang" } }, want: ["spec.engine.type"] },
    { says: "a name no Service may have", name: "1m", spec: {}, want: ["metadata.name"] },
    { says: "a long name", name: "m".repeat(48), spec: {}, want: ["metadata.name"] },
    {
      says: "decoding without prefill",
      spec: { serving: { mode: "disaggregated", prefill: { replicas: 0 }, decode: { replicas: 1 } } },
      want: ["spec.serving.prefill.replicas"],
    },
    {
      says: "a model that only the image knows",
      spec: { model: { source: "custom" }, engine: { type: "vllm", image: "i" } },
      want: ["spec.model.id"],
    },
  ])("$says", ({ name, spec, want }) => {
    expect(errors(spec, name)).toEqual(want);
  });
});

describe("a change", () => {
  const notices = (after: Partial<ModelDeploymentSpec>): readonly string[] => {
    const [a, b] = [{}, after].map((spec) => render(spec).resources.at(-1));
    if (a === undefined || b === undefined) throw new Error("nothing rendered");
    expect(kuberay.immutable(a, b)).toEqual([]);
    return kuberay.notices?.(a, b) ?? [];
  };
  test("of the pods takes a second cluster, and the user is told", () => {
    expect(notices({ engine: { type: "vllm", image: "i" } })).toEqual([
      expect.stringContaining('second cluster for RayService "m"'),
    ]);
  });
  test("of the size or of the engine's settings takes none", () => {
    expect(
      notices({ serving: { replicas: 3, resources: { gpu: { count: 1, type: "nvidia.com/gpu" } } } }),
    ).toEqual([]);
    expect(notices({ engine: { type: "vllm", contextLength: 8 } })).toEqual([]);
  });
});
