import { describe, expect, test } from "vitest";
import { compileExpression } from "../../machinery/cel/compile-expression.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import type { Structural, ValidationRule } from "../../machinery/schema/structural.ts";
import { loadSchema } from "../common/load.ts";
import v1alpha1 from "../generated/modeldeployment.v1alpha1.json" with { type: "json" };
import v1alpha2 from "../generated/modeldeployment.v1alpha2.json" with { type: "json" };

interface Place {
  readonly path: string;
  readonly schema: Structural;
  readonly rule: ValidationRule;
}

function rulesOf(schema: Structural, path: string): Place[] {
  return [
    ...(schema.rules ?? []).map((rule) => ({ path, schema, rule })),
    ...[...(schema.properties ?? [])].flatMap(([name, child]) =>
      rulesOf(child, path === "" ? name : `${path}.${name}`),
    ),
    ...(schema.items === undefined ? [] : rulesOf(schema.items, `${path}[]`)),
  ];
}

const schemas = { v1alpha1: loadSchema(v1alpha1, "v1alpha1"), v1alpha2: loadSchema(v1alpha2, "v1alpha2") };
const places = { v1alpha1: rulesOf(schemas.v1alpha1, ""), v1alpha2: rulesOf(schemas.v1alpha2, "") };
type Version = keyof typeof places;

const follow = (schema: Structural, fieldPath: string): Structural | undefined =>
  fieldPath
    .split(".")
    .slice(1)
    .reduce<Structural | undefined>((at, name) => at?.properties?.get(name), schema);

/** The messages of the rules at a path that a value breaks; a rule that fails to run counts by its error. */
function broken(version: Version, path: string, value: JsonValue): string[] {
  const here = places[version].filter((place) => place.path === path);
  expect(here).not.toEqual([]);
  return here.flatMap(({ schema, rule }) => {
    const outcome = compileExpression(rule.rule, {
      variables: { self: schema },
      resultType: "bool",
    }).evaluate({ self: value });
    if (!outcome.ok) return [outcome.error];
    return outcome.value === true ? [] : [(rule.fieldPath ?? "") + ": " + (rule.message ?? "")];
  });
}

describe.each<Version>(["v1alpha1", "v1alpha2"])("rules of %s", (version) => {
  test.each(places[version])("$path: $rule.message", ({ schema, rule }) => {
    const compiled = compileExpression(rule.rule, { variables: { self: schema }, resultType: "bool" });
    expect(compiled.errors).toEqual([]);
    expect(compiled.type).toBe("bool");
    if (rule.fieldPath !== undefined) expect(follow(schema, rule.fieldPath)).toBeDefined();
  });

  test("no rule fails to run on an object without any field", () => {
    for (const { schema, rule } of places[version].filter((place) => place.schema.type === "object")) {
      const outcome = compileExpression(rule.rule, {
        variables: { self: schema },
        resultType: "bool",
      }).evaluate({ self: {} });
      expect(outcome.ok).toBe(true);
    }
  });

  const model = (value: JsonValue) => broken(version, "spec.model", value);
  test("model.id", () => {
    expect(model({ id: "a" })).toEqual([]);
    expect(model({ source: "custom" })).toEqual([]);
    for (const value of [{}, { id: "" }, { source: "huggingface" }]) {
      expect(model(value)).toEqual([".id: model id is required when source is huggingface"]);
    }
  });

  const notAnId =
    ".id: model id must be a Hugging Face repository such as Qwen/Qwen3-0.6B, the name of a preset, or an absolute path, when source is huggingface";
  test.each([
    { id: "gpt2", ok: true },
    { id: "phi-4-mini-instruct", ok: true },
    { id: "llama-3.1-8b-instruct", ok: true },
    { id: "Qwen/Qwen3-0.6B", ok: true },
    { id: "google/gemma-3-1b-it-qat-q8_0-gguf", ok: true },
    { id: "_org/_name", ok: true },
    { id: "bartowski/gemma-2-2b-it-GGUF:Q4_K_M", ok: true },
    { id: "org/name@v1.0", ok: true },
    { id: "org/name/model-q4.gguf", ok: true },
    { id: "/models/llama", ok: true },
    { id: "/models/.cache/llama/", ok: true },
    { id: "not a model!", ok: false },
    { id: "org/name ", ok: false },
    { id: "org/name\n", ok: false },
    { id: "org//name", ok: false },
    { id: "org/", ok: false },
    { id: "/", ok: false },
    { id: "-org/name", ok: false },
    { id: "--trust-remote-code", ok: false },
    { id: "../weights", ok: false },
    { id: "org/team/name", ok: false },
    { id: "https://huggingface.co/org/name", ok: false },
    { id: "org/name;rm", ok: false },
    { id: "org/naïve", ok: false },
  ])("model.id $id can be downloaded: $ok", ({ id, ok }) => {
    expect(model({ id })).toEqual(ok ? [] : [notAnId]);
    expect(model({ id, source: "custom" })).toEqual([]);
  });

  const volumesPath = version === "v1alpha1" ? "spec.model.storage.volumes" : "spec.model.volumes";
  const claim = { name: "v", claimName: "c", mountPath: "/m" };
  test.each<{ says: string; volume: JsonValue; want: string[] }>([
    { says: "a claim with a path", volume: claim, want: [] },
    {
      says: "a created cache",
      volume: {
        name: "v",
        size: "1Gi",
        purpose: "modelCache",
        accessMode: "ReadWriteOnce",
        storageClassName: "",
      },
      want: [],
    },
    {
      says: "neither claim nor size",
      volume: { name: "v", mountPath: "/m", claimName: "" },
      want: [".claimName"],
    },
    {
      says: "read-only with size",
      volume: { name: "v", size: 1, mountPath: "/m", readOnly: true },
      want: [".readOnly"],
    },
    {
      says: "class and mode without size",
      volume: { ...claim, storageClassName: "", accessMode: "ReadWriteOnce" },
      want: [".accessMode", ".storageClassName"],
    },
    { says: "custom without a path", volume: { name: "v", claimName: "c" }, want: [".mountPath"] },
    { says: "a relative path", volume: { ...claim, mountPath: "m" }, want: [".mountPath"] },
    { says: "a path with dots", volume: { ...claim, mountPath: "/m/../etc" }, want: [".mountPath"] },
    { says: "a path with a colon", volume: { ...claim, mountPath: "/m:ro" }, want: [".mountPath"] },
    { says: "the root", volume: { ...claim, mountPath: "/" }, want: [".mountPath"] },
    { says: "/var/run", volume: { ...claim, mountPath: "/var/run/x" }, want: [".mountPath"] },
    { says: "/proc", volume: { ...claim, mountPath: "/proc" }, want: [".mountPath"] },
    { says: "a path that only looks like /dev", volume: { ...claim, mountPath: "/devices" }, want: [] },
  ])("volume: $says", ({ volume, want }) => {
    expect(broken(version, `${volumesPath}[]`, volume).map((text) => text.split(":")[0])).toEqual(want);
  });

  test.each<{ says: string; volumes: JsonValue; want: string[] }>([
    {
      says: "different ones",
      volumes: [claim, { name: "w", claimName: "d", mountPath: "/w" }, { name: "x" }, { name: "y" }],
      want: [],
    },
    {
      says: "one path twice",
      volumes: [claim, { name: "w", mountPath: "/m" }],
      want: [": every mountPath must be used by one volume only"],
    },
    {
      says: "one claim twice",
      volumes: [claim, { name: "w", claimName: "c" }],
      want: [": every claimName must be used by one volume only"],
    },
    {
      says: "two model caches",
      volumes: [
        { name: "a", purpose: "modelCache" },
        { name: "b", purpose: "modelCache" },
      ],
      want: [": at most one volume may have purpose modelCache"],
    },
    {
      says: "two compilation caches",
      volumes: [
        { name: "a", purpose: "compilationCache" },
        { name: "b", purpose: "compilationCache" },
      ],
      want: [": at most one volume may have purpose compilationCache"],
    },
  ])("volumes: $says", ({ volumes, want }) => {
    expect(broken(version, volumesPath, volumes)).toEqual(want);
  });
});

describe("disaggregated mode", () => {
  const gpu = (count: number) => ({ gpu: { count } });
  test.each<{ says: string; prefill?: JsonValue; decode?: JsonValue; top?: JsonValue; want: string[] }>([
    { says: "both with GPUs", prefill: gpu(1), decode: gpu(2), want: [] },
    { says: "neither", want: ["prefill", "decode"] },
    { says: "one without GPUs", prefill: gpu(0), decode: gpu(1), want: ["prefill"] },
    { says: "one without resources", prefill: gpu(1), decode: {}, want: ["decode"] },
    {
      says: "GPUs in the wrong place",
      prefill: gpu(1),
      decode: gpu(1),
      top: gpu(1),
      want: ["resources.gpu"],
    },
    { says: "an explicit zero there", prefill: gpu(1), decode: gpu(1), top: gpu(0), want: [] },
  ])("$says", ({ prefill, decode, top, want }) => {
    const resources = top === undefined ? {} : { resources: top };
    const parts = (wrap: (value: JsonValue) => JsonValue) => ({
      ...(prefill === undefined ? {} : { prefill: wrap(prefill) }),
      ...(decode === undefined ? {} : { decode: wrap(decode) }),
    });
    const at = (text: string) => text.split(":")[0]!.replace(".scaling", "").slice(1);
    const hub = { mode: "disaggregated", ...resources, ...parts((value) => ({ resources: value })) };
    expect(broken("v1alpha2", "spec.serving", hub).map(at)).toEqual(want);
    const older = {
      model: {},
      serving: { mode: "disaggregated" },
      scaling: parts((value) => value),
      ...resources,
    };
    expect(broken("v1alpha1", "spec", older).map(at)).toEqual(want);
    expect(broken("v1alpha2", "spec.serving", { ...hub, mode: "aggregated" })).toEqual([]);
  });
});

test.each<{ says: string; spec: JsonValue; isFine: boolean }>([
  { says: "only image", spec: { image: "a" }, isFine: true },
  { says: "both, equal", spec: { image: "a", engine: { image: "a" } }, isFine: true },
  { says: "an empty one", spec: { image: "", engine: { image: "a" } }, isFine: true },
  { says: "both, different", spec: { image: "a", engine: { image: "b" } }, isFine: false },
])("images of v1alpha1: $says", ({ spec, isFine }) => {
  expect(broken("v1alpha1", "spec", spec)).toEqual(
    isFine ? [] : [".engine.image: image and engine.image are both set and differ; remove image"],
  );
});
