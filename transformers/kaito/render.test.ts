import { describe, expect, test } from "vitest";
import { asJson } from "../../api/meta/types.ts";
import type { ModelDeploymentSpec } from "../../api/modeldeployment/v1alpha2/types.ts";
import { getPath } from "../../machinery/json/value.ts";
import { decodeYaml } from "../../machinery/yaml/decode.ts";
import { aDeployment } from "../testing/deployments.ts";
import type { Rendered } from "../transformer.ts";
import { kaito } from "./provider.ts";
import { renderKaito } from "./render.ts";

const facts = { apiVersion: "kaito.sh/v1beta1" };

const render = (spec: Partial<ModelDeploymentSpec>, name?: string): Rendered =>
  renderKaito(aDeployment({ provider: { name: "kaito" }, ...spec }, name), facts);
function workspace(spec: Partial<ModelDeploymentSpec>) {
  const found = render(spec).resources.find(({ kind }) => kind === "Workspace");
  if (found === undefined) throw new Error("no Workspace");
  return asJson(found);
}
const llama = (engine: object = {}): Partial<ModelDeploymentSpec> => ({
  engine: { type: "llamacpp", image: "runner:1", ...engine },
  serving: { resources: { cpu: "4" } },
});
const args = (spec: Partial<ModelDeploymentSpec>): unknown =>
  (getPath(workspace(spec), "inference", "template", "spec", "containers") as { args: string[] }[])[0]?.args;

describe("nodes", () => {
  const labels = (spec: Partial<ModelDeploymentSpec>) =>
    getPath(workspace(spec), "resource", "labelSelector", "matchLabels");
  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; want: unknown }>([
    {
      says: "with accelerators are NVIDIA nodes",
      spec: {},
      want: { "kubernetes.io/os": "linux", "nvidia.com/gpu.present": "true" },
    },
    {
      says: "of the user's choice",
      spec: { ...llama(), workload: { nodeSelector: { "kubernetes.io/os": "x", a: "b" } } },
      want: { "kubernetes.io/os": "x", a: "b" },
    },
    {
      says: "of another make are found by the template's resources",
      spec: { ...llama(), serving: { resources: { gpu: { count: 1, type: "amd.com/gpu" } } } },
      want: { "kubernetes.io/os": "linux" },
    },
  ])("$says", ({ spec, want }) => {
    expect(labels(spec)).toEqual(want);
  });

  test("scaled to zero there is no Workspace, but the data stays", () => {
    const volumes = [{ name: "v", size: "1Gi", mountPath: "/v" }];
    expect(render({ serving: { replicas: 0 } })).toMatchObject({ resources: [], errors: [] });
    expect(
      render({ ...llama(), model: { id: "m", volumes }, serving: { replicas: 0 } }).resources.map(
        ({ kind }) => kind,
      ),
    ).toEqual(["PersistentVolumeClaim"]);
  });
});

describe("a preset", () => {
  test("gets its flags through a ConfigMap", () => {
    const { resources } = render({
      model: { id: "m", servedName: "s" },
      engine: { type: "vllm", contextLength: 4096, args: { b: "2", "a-flag": "x" } },
    });
    const config = resources[0]?.metadata.name;
    expect(config).toMatch(/^m-inference-config-[0-9a-f]{8}$/);
    expect(resources.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
      ["ConfigMap", config],
      ["Workspace", "m"],
    ]);
    const text = getPath(asJson(resources[0]!), "data", "inference_config.yaml") as string;
    expect(decodeYaml(text).value).toEqual({
      vllm: { "served-model-name": "s", "max-model-len": 4096, "a-flag": "x", b: "2" },
    });
    expect(getPath(asJson(resources[1]!), "inference", "config")).toBe(config);
  });

  test("has another ConfigMap when its flags are others, because KAITO never reads one again", () => {
    const configOf = (contextLength: number): unknown =>
      render({ engine: { type: "vllm", contextLength } }).resources[0]?.metadata.name;
    expect(configOf(4096)).toBe(configOf(4096));
    expect(configOf(4096)).not.toBe(configOf(8192));
  });

  test("takes the token's Secret, under KAITO's key only", () => {
    const secret = (key?: string) => ({
      model: { id: "m", tokenSecretRef: { name: "hf", ...(key === undefined ? {} : { key }) } },
    });
    expect(getPath(workspace(secret()), "inference", "preset")).toEqual({
      name: "m",
      presetOptions: { modelAccessSecret: "hf" },
    });
    expect(render(secret("other")).errors.map(({ path }) => path)).toEqual(["spec.model.tokenSecretRef.key"]);
  });

  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; want: string[] }>([
    {
      says: "cannot take bare flags",
      spec: { engine: { type: "vllm", args: { bare: "" }, extraArgs: ["--x"], enablePrefixCaching: false } },
      want: ["spec.engine.args[bare]", "spec.engine.enablePrefixCaching", "spec.engine.extraArgs"],
    },
    {
      says: "cannot take pod settings",
      spec: { workload: { env: [{ name: "A", value: "1" }], tolerations: [{ operator: "Exists" }] } },
      want: ["spec.workload.env", "spec.workload.tolerations"],
    },
    {
      says: "decides its resources",
      spec: { serving: { resources: { gpu: { count: 2 }, memory: "1Gi" } } },
      want: ["spec.serving.resources.gpu.count", "spec.serving.resources.memory"],
    },
    { says: "has a port of its own", spec: { networking: { port: 8080 } }, want: ["spec.networking.port"] },
  ])("$says, and says so", ({ spec, want }) => {
    const { unsupported, errors } = render(spec);
    expect(errors).toEqual([]);
    expect(unsupported.map(({ path }) => path).sort()).toEqual(want);
  });
});

describe("llama.cpp", () => {
  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; want: string[] }>([
    { says: "downloads the model", spec: llama(), want: ["huggingface://org/m", "--address=:5000"] },
    {
      says: "downloads from an address",
      spec: llama({ args: { ggufUrl: "https://x/y.gguf", threads: "4", verbose: "" } }),
      want: ["https://x/y.gguf", "--address=:5000", "--threads=4", "--verbose"],
    },
    {
      says: "runs what is in the image",
      spec: { ...llama(), model: { source: "custom" } },
      want: ["--address=:5000"],
    },
  ])("$says", ({ spec, want }) => {
    expect(args(spec)).toEqual(want);
  });

  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; want: string }>([
    { says: "an image", spec: { engine: { type: "llamacpp" } }, want: "spec.engine.image" },
    { says: "its address", spec: llama({ args: { port: "1" } }), want: "spec.engine.args[port]" },
    {
      says: "its address in any form",
      spec: llama({ extraArgs: ["-address=x"] }),
      want: "spec.engine.extraArgs[0]",
    },
  ])("needs $says", ({ spec, want }) => {
    expect(render(spec).errors.map(({ path }) => path)).toEqual([want]);
  });
});

describe("overrides", () => {
  test("reach the whole Workspace", () => {
    const overrides = {
      resource: { instanceType: "a100", labelSelector: null },
      inference: { adapters: [] },
    };
    const object = workspace({ provider: { name: "kaito", overrides } });
    expect(object["resource"]).toEqual({ count: 1, instanceType: "a100" });
    expect(getPath(object, "inference", "adapters")).toEqual([]);
  });
});

describe("immutable fields", () => {
  const change = (a: Partial<ModelDeploymentSpec>, b: Partial<ModelDeploymentSpec>) =>
    kaito.immutable(
      render(a).resources.find(({ kind }) => kind === "Workspace")!,
      render(b).resources.find(({ kind }) => kind === "Workspace")!,
    );
  test.each<{ says: string; to: Partial<ModelDeploymentSpec>; want: string[] }>([
    { says: "none", to: {}, want: [] },
    {
      says: "replicas",
      to: { serving: { replicas: 2, resources: { gpu: { count: 1 } } } },
      want: ["resource.count"],
    },
    { says: "nodes", to: { workload: { nodeSelector: { a: "b" } } }, want: ["resource.labelSelector"] },
    { says: "the model", to: { model: { id: "other" } }, want: ["inference.preset"] },
    {
      says: "the engine",
      to: { engine: { type: "llamacpp", image: "i" } },
      want: ["inference.preset", "inference.template"],
    },
    { says: "flags of a preset are not", to: { engine: { type: "vllm", contextLength: 8 } }, want: [] },
  ])("$says", ({ to, want }) => {
    expect(change({}, to)).toEqual(want);
  });

  test.each<{ says: string; to: Partial<ModelDeploymentSpec> }>([
    { says: "its image", to: { engine: { type: "llamacpp", image: "other" } } },
    { says: "its variables", to: { workload: { env: [{ name: "A", value: "1" }] } } },
    { says: "labels of its pods", to: { workload: { podTemplate: { metadata: { labels: { a: "b" } } } } } },
  ])("KAITO makes pods of a template once, so it is $says", ({ to }) => {
    expect(change(llama(), { ...llama(), ...to })).toEqual(["inference.template"]);
  });
});

test("in a version without a field for it a token is reported, not lost", () => {
  const deployment = aDeployment({
    provider: { name: "kaito" },
    model: { id: "org/m", tokenSecretRef: { name: "hf" } },
  });
  const { resources, unsupported } = renderKaito(deployment, { apiVersion: "kaito.sh/v1alpha1" });
  expect(unsupported.map(({ path }) => path)).toEqual(["spec.model.tokenSecretRef"]);
  expect(resources.at(-1)).toMatchObject({
    apiVersion: "kaito.sh/v1alpha1",
    inference: { preset: { name: "org/m" } },
  });
});
