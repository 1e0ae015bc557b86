import { describe, expect, test } from "vitest";
import { defaultModelDeployment, keepChoices } from "./defaults.ts";
import type { ModelDeployment, ModelDeploymentSpec } from "./v1alpha2/types.ts";

const deployment = (spec: Partial<ModelDeploymentSpec>): ModelDeployment => ({
  apiVersion: "hawsepipe.dev/v1alpha2",
  kind: "ModelDeployment",
  metadata: { name: "m" },
  spec: { model: {}, ...spec },
});

const defaulted = (spec: Partial<ModelDeploymentSpec>, old?: Partial<ModelDeploymentSpec>) => {
  const object = deployment(spec);
  defaultModelDeployment(object, old === undefined ? undefined : deployment(old));
  return object.spec;
};

const oneGpu = { gpu: { count: 1, type: "nvidia.com/gpu" } };

describe("defaults", () => {
  test("an empty spec becomes one aggregated replica of a Hugging Face model", () => {
    expect(defaulted({})).toEqual({
      model: { source: "huggingface" },
      serving: { mode: "aggregated", replicas: 1 },
    });
  });

  test("explicit zeros and falses stay", () => {
    const spec = {
      engine: { type: "vllm", enablePrefixCaching: false },
      serving: { replicas: 0, resources: { gpu: { count: 0 } } },
    } as const;
    expect(defaulted(structuredClone(spec))).toEqual({
      model: { source: "huggingface" },
      engine: spec.engine,
      serving: { mode: "aggregated", ...spec.serving },
    });
  });

  test("disaggregated mode gets neither replicas nor resources", () => {
    expect(defaulted({ engine: { type: "vllm" }, serving: { mode: "disaggregated" } }).serving).toEqual({
      mode: "disaggregated",
    });
  });

  test.each<{
    says: string;
    spec: Partial<ModelDeploymentSpec>;
    old?: Partial<ModelDeploymentSpec>;
    want: unknown;
  }>([
    { says: "a named GPU engine gets one", spec: { engine: { type: "sglang" } }, want: oneGpu },
    { says: "no engine, no GPU", spec: {}, want: undefined },
    { says: "llamacpp gets none", spec: { engine: { type: "llamacpp" } }, want: undefined },
    { says: "an own image gets none", spec: { engine: { type: "vllm", image: "i" } }, want: undefined },
    {
      says: "given resources stay",
      spec: { engine: { type: "vllm" }, serving: { resources: { cpu: 1 } } },
      want: { cpu: 1 },
    },
    {
      says: "what ran without keeps running without",
      spec: { engine: { type: "vllm" } },
      old: { engine: { type: "vllm" } },
      want: undefined,
    },
    {
      says: "what ran with gets one again",
      spec: { engine: { type: "vllm" } },
      old: { engine: { type: "vllm" }, serving: { resources: oneGpu } },
      want: oneGpu,
    },
    {
      says: "another engine counts as new",
      spec: { engine: { type: "vllm" } },
      old: { engine: { type: "llamacpp" } },
      want: oneGpu,
    },
  ])("GPU: $says", ({ spec, old, want }) => {
    expect(defaulted(spec, old).serving?.resources).toEqual(want);
  });

  test("volumes get path, claim and access mode by what they are for", () => {
    const volumes = [
      { name: "a", purpose: "modelCache", size: "1Gi" },
      { name: "b", purpose: "compilationCache", claimName: "c" },
      { name: "d", claimName: "e", mountPath: "/x" },
      { name: "f", size: "1Gi", accessMode: "ReadWriteOnce", mountPath: "/y" },
    ] as const;
    expect(defaulted({ model: { volumes: structuredClone(volumes) as never } }).model.volumes).toEqual([
      {
        name: "a",
        purpose: "modelCache",
        size: "1Gi",
        mountPath: "/model-cache",
        claimName: "m-a",
        accessMode: "ReadWriteMany",
      },
      { name: "b", purpose: "compilationCache", claimName: "c", mountPath: "/compilation-cache" },
      { name: "d", claimName: "e", mountPath: "/x", purpose: "custom" },
      {
        name: "f",
        size: "1Gi",
        accessMode: "ReadWriteOnce",
        mountPath: "/y",
        purpose: "custom",
        claimName: "m-f",
      },
    ]);
  });
});

describe("choices are kept", () => {
  const old = { provider: { name: "kaito" }, engine: { type: "vllm" } } as const;
  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; want: Partial<ModelDeploymentSpec> }>([
    { says: "when nothing is named", spec: {}, want: old },
    {
      says: "beside what is named",
      spec: { engine: { contextLength: 1 } },
      want: { provider: old.provider, engine: { type: "vllm", contextLength: 1 } },
    },
    {
      says: "but not the engine of another provider",
      spec: { provider: { name: "vllm" } },
      want: { provider: { name: "vllm" } },
    },
    {
      says: "but not against what is named",
      spec: { provider: { name: "kaito" }, engine: { type: "llamacpp" } },
      want: { provider: { name: "kaito" }, engine: { type: "llamacpp" } },
    },
  ])("$says", ({ spec, want }) => {
    const object = deployment(spec);
    keepChoices(object, deployment(structuredClone(old)));
    expect(object.spec).toEqual({ model: {}, ...want });
  });
});
