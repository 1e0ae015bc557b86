import { describe, expect, test } from "vitest";
import type { EngineSpec, ModelDeploymentSpec } from "../../api/modeldeployment/v1alpha2/types.ts";
import { Findings } from "../findings.ts";
import { aDeployment } from "../testing/deployments.ts";
import { vllmArgs } from "./vllm-args.ts";

const listen = ["--host", "0.0.0.0", "--port", "8000"];

function argsOf(spec: Partial<ModelDeploymentSpec>): { args: string[]; findings: Findings } {
  const findings = new Findings();
  return {
    args: vllmArgs(aDeployment(spec), { port: 8000, resources: spec.serving?.resources }, findings),
    findings,
  };
}
const engine = (e: EngineSpec): Partial<ModelDeploymentSpec> => ({ engine: { type: "vllm", ...e } });

describe("the command line", () => {
  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; want: string[] }>([
    { says: "names the model", spec: {}, want: ["--model", "org/m"] },
    {
      says: "carries every field in a fixed order",
      spec: {
        model: { id: "org/m", servedName: "s" },
        ...engine({
          contextLength: 4096,
          trustRemoteCode: true,
          enforceEager: true,
          enablePrefixCaching: true,
        }),
        serving: { resources: { gpu: { count: 4 } } },
      },
      want: [
        ...["--model", "org/m", "--served-model-name", "s", "--max-model-len", "4096", "--trust-remote-code"],
        ...["--enforce-eager", "--enable-prefix-caching", "--tensor-parallel-size", "4"],
      ],
    },
    {
      says: "passes an explicit false on where the engine's default is true",
      spec: engine({ enablePrefixCaching: false, trustRemoteCode: false, enforceEager: false }),
      want: ["--model", "org/m", "--no-enable-prefix-caching"],
    },
    {
      says: "sorts args by name and keeps extraArgs as they are, last",
      spec: engine({ args: { z: "1", "a-b": "", B: "2" }, extraArgs: ["-x", "y", "--w=1"] }),
      want: ["--model", "org/m", "--B", "2", "--a-b", "--z", "1", "-x", "y", "--w=1"],
    },
    {
      says: "keeps a value that looks like a flag in one token",
      spec: engine({ args: { "override-config": "-1" } }),
      want: ["--model", "org/m", "--override-config=-1"],
    },
    {
      says: "is the one of the reference example",
      spec: {
        ...engine({
          enablePrefixCaching: true,
          args: { "max-num-seqs": "64" },
          extraArgs: ["--enable-expert-parallel"],
        }),
        serving: { resources: { gpu: { count: 2 } } },
      },
      want: [
        ...["--model", "org/m", "--enable-prefix-caching", "--tensor-parallel-size", "2"],
        ...["--max-num-seqs", "64", "--enable-expert-parallel"],
      ],
    },
    {
      says: "serves mounted weights for source custom without an id",
      spec: { model: { source: "custom", volumes: [{ name: "w", claimName: "w", purpose: "modelCache" }] } },
      want: ["--model", "/model-cache"],
    },
    {
      says: "leaves the model to an image that brings it",
      spec: { model: { source: "custom" }, engine: { type: "vllm", image: "mine:1" } },
      want: [],
    },
  ])("$says", ({ spec, want }) => {
    const { args, findings } = argsOf(spec);
    expect(args).toEqual([...listen, ...want]);
    expect([findings.errors, findings.unsupported]).toEqual([[], []]);
  });

  test("needs a model from somewhere", () => {
    expect(argsOf({ model: { source: "custom" } }).findings.errors.map(({ path }) => path)).toEqual([
      "spec.model.id",
    ]);
  });
});

describe("a flag given by hand takes the place of the field, which is reported", () => {
  test.each<{ says: string; engine: EngineSpec; gone: string; field: string; place: string }>([
    {
      says: "in args",
      engine: { contextLength: 1, args: { "max-model-len": "2" } },
      gone: "1",
      field: "spec.engine.contextLength",
      place: "spec.engine.args[max-model-len]",
    },
    {
      says: "in args with underscores",
      engine: { contextLength: 1, args: { max_model_len: "2" } },
      gone: "1",
      field: "spec.engine.contextLength",
      place: "spec.engine.args[max_model_len]",
    },
    {
      says: "in extraArgs",
      engine: { contextLength: 1, extraArgs: ["--max-model-len=2"] },
      gone: "1",
      field: "spec.engine.contextLength",
      place: "spec.engine.extraArgs[0]",
    },
    {
      says: "as its negation",
      engine: { enablePrefixCaching: true, extraArgs: ["--no-enable-prefix-caching"] },
      gone: "--enable-prefix-caching",
      field: "spec.engine.enablePrefixCaching",
      place: "spec.engine.extraArgs[0]",
    },
  ])("$says", ({ engine: e, gone, field, place }) => {
    const { args, findings } = argsOf(engine(e));
    expect(args).not.toContain(gone);
    expect(findings.unsupported).toEqual([{ path: field, reason: `${place} takes its place` }]);
  });

  test.each([["-tp", "8"], ["-tp=8"], ["--tensor_parallel_size", "8"]])(
    "%s sets the parallelism",
    (...tokens) => {
      const { args } = argsOf({
        ...engine({ extraArgs: tokens }),
        serving: { resources: { gpu: { count: 4 } } },
      });
      expect(args.slice(6)).toEqual(tokens);
    },
  );
});

describe("the address belongs to Hawsepipe", () => {
  test.each<{ says: string; engine: EngineSpec; want: string }>([
    { says: "args", engine: { args: { port: "1" } }, want: "spec.engine.args[port]" },
    { says: "extraArgs", engine: { extraArgs: ["x", "--host=::"] }, want: "spec.engine.extraArgs[1]" },
  ])("in $says", ({ engine: e, want }) => {
    const { findings } = argsOf(engine(e));
    expect(findings.errors.map(({ type, path }) => [type, path])).toEqual([["FieldValueForbidden", want]]);
  });
});

test("the same flag in two spellings is refused", () => {
  const { findings } = argsOf(engine({ args: { max_num_seqs: "1" }, extraArgs: ["--max-num-seqs", "2"] }));
  expect(findings.errors.map(({ path }) => path)).toEqual(["spec.engine.extraArgs[0]"]);
  const twice = argsOf(engine({ extraArgs: ["--lora-modules", "a", "--lora-modules", "b"] }));
  expect(twice.findings.errors).toEqual([]);
});
