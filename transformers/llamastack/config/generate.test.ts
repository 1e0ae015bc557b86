import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { isObject, setKey } from "../../../machinery/json/value.ts";
import { decodeYaml } from "../../../machinery/yaml/decode.ts";
import { distributionNames, embeddedBase } from "../distributions/registry.ts";
import { problemsOfBase } from "../distributions/check.ts";
import { largeSpec, mediumSpec, smallSpec } from "../testing/specs.ts";
import { exampleBase, exampleSpec } from "../testing/worked-example.ts";
import type { Base } from "./base.ts";
import { readBase } from "./base.ts";
import { configMapName, generateConfig } from "./generate.ts";
import type { ConfigSpec } from "./input.ts";
import type { GenerationOptions } from "./options.ts";
import type { Failure, Generated } from "./result.ts";
import { isFailure } from "./result.ts";

const starter = embeddedBase("starter")!;
const base = (config: JsonObject): Base => readBase(config, "a test") as Base;

function generated(spec: ConfigSpec, from: Base = starter, options?: GenerationOptions): Generated {
  const result = generateConfig(spec, from, options);
  if (isFailure(result)) throw new Error(JSON.stringify(result.errors));
  return result;
}

const parsed = (result: Generated): JsonObject => decodeYaml(result.yaml).value as JsonObject;

describe("the whole pipeline", () => {
  it("makes of the worked example what it should", async () => {
    const result = generated(exampleSpec(), base(exampleBase()));
    await expect(result.yaml).toMatchFileSnapshot("testdata/worked-example.yaml");
    expect(result).toMatchObject({ providerCount: 4, resourceCount: 1, configVersion: 2, warnings: [] });
    expect(result.env.map(({ name, valueFrom }) => [name, valueFrom.secretKeyRef])).toEqual([
      ["LLSD_GPU_A_API_KEY", { name: "gpu-a", key: "tok", optional: false }],
      ["LLSD_PGVECTOR_PASSWORD", { name: "pg", key: "pw", optional: false }],
    ]);
    expect(configMapName("demo", result.hash)).toMatch(/^demo-config-[0-9a-f]{8}$/);
  });

  it("writes the literal keys and replaces whole lists in the spec profile", async () => {
    const options: GenerationOptions = { profile: "spec", replace: [] };
    const result = generated(exampleSpec(), base(exampleBase()), options);
    await expect(result.yaml).toMatchFileSnapshot("testdata/worked-example-literal.yaml");
  });

  test.each([
    { name: "small", spec: smallSpec },
    { name: "medium", spec: mediumSpec },
    { name: "large", spec: largeSpec },
  ])("gives the $name specification the same bytes as before", async ({ name, spec }) => {
    const result = generated(spec());
    await expect(result.yaml).toMatchFileSnapshot(`testdata/${name}.yaml`);
    const { yaml: _yaml, ...rest } = result;
    await expect(`${JSON.stringify(rest, undefined, 2)}\n`).toMatchFileSnapshot(
      `testdata/${name}.result.json`,
    );
  });

  it.each(distributionNames().map((name) => ({ name })))(
    "leaves nothing in $name that keeps a server from starting",
    ({ name }) => {
      const config = parsed(generated({ ...smallSpec(), distribution: { name } }, embeddedBase(name)));
      expect(problemsOfBase(config)).toEqual([]);
    },
  );

  it("names the variable of a secret and never more", () => {
    const result = generated(largeSpec());
    expect(result.env.every(({ name }) => /^LLSD_[A-Z0-9_]+$/.test(name))).toBe(true);
    for (const { name } of result.env)
      expect(result.yaml + result.unpack.map(({ from }) => from).join()).toContain(name);
  });

  it("takes less than the five seconds it may take", { timeout: 5_000 }, () => {
    for (const spec of [smallSpec(), mediumSpec(), largeSpec()])
      expect(generated(spec).hash).toHaveLength(64);
  });
});

/** The same value with the keys of every map in another order. */
function shuffled<T>(value: T, order: (keys: string[]) => string[]): T {
  if (Array.isArray(value)) return (value as unknown[]).map((item) => shuffled(item, order)) as T;
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const key of order(Object.keys(value))) setKey(copy, key, shuffled(value[key] as JsonValue, order));
  return copy as T;
}

describe("determinism", () => {
  it("gives one hash for a hundred orders of keys", () => {
    const hashes = new Set<string>();
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (numbers) => {
        const order = (keys: string[]): string[] =>
          keys
            .map((key) => ({ key, at: numbers.next().value as number }))
            .sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1))
            .map(({ key }) => key);
        hashes.add(generated(shuffled(largeSpec(), order), base(shuffled(starter.config, order))).hash);
      }),
      { numRuns: 100 },
    );
    expect(hashes.size).toBe(1);
  });

  it("changes neither its input nor its mind", () => {
    const [spec, before] = [largeSpec(), JSON.stringify(starter.config)];
    const first = generated(spec);
    expect(generated(spec)).toEqual(first);
    expect(spec).toEqual(largeSpec());
    expect(JSON.stringify(starter.config)).toBe(before);
  });

  it("writes any settings so that a YAML 1.1 reader gets them back", () => {
    const settings = fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => key !== "__proto__"),
      fc.oneof(
        fc.string(),
        fc.constantFrom("on", "yes", "1e3", "0x1f", "12:30:45", "~", "2001-01-01"),
        fc.integer(),
        fc.boolean(),
      ),
    );
    fc.assert(
      fc.property(settings, (values) => {
        const spec: ConfigSpec = {
          distribution: { name: "starter" },
          providers: { inference: [{ provider: "custom", settings: values }] },
        };
        const [provider] = (parsed(generated(spec))["providers"] as Record<string, JsonObject[]>)[
          "inference"
        ]!;
        expect(provider!["config"]).toEqual(values);
      }),
    );
  });
});

describe("what is refused", () => {
  const refused = (spec: Partial<ConfigSpec>, from: Base = starter): Failure => {
    const result = generateConfig({ distribution: { name: "starter" }, ...spec }, from);
    if (!isFailure(result)) throw new Error(result.yaml);
    return result;
  };
  const a = { name: "s", key: "a" };
  const b = { name: "s", key: "b" };

  test.each<{ says: string; spec: Partial<ConfigSpec>; reason?: string; want: string[] }>([
    {
      says: "a model of a provider that is not there, with those that are",
      spec: {
        providers: { inference: [{ provider: "vllm" }] },
        resources: { models: [{ name: "m", provider: "nope" }] },
      },
      want: [
        'spec.resources.models[0].provider Not found: "nope": no inference provider has this id; there are anthropic, azure',
      ],
    },
    {
      says: "an embedding model, whose dimension nothing says",
      spec: { resources: { models: [{ name: "m", modelType: "embedding" }] } },
      want: ['spec.resources.models[0].modelType Invalid value: "embedding": the server needs the dimension'],
    },
    {
      says: "the same id in two sections, also when it comes from the provider",
      spec: { providers: { inference: [{ provider: "nvidia" }], safety: [{ provider: "nvidia" }] } },
      want: ['spec.providers.safety[0].provider Duplicate value: "nvidia"'],
    },
    {
      says: "the second of several providers without an id",
      spec: { providers: { inference: [{ id: "a", provider: "vllm" }, { provider: "vllm" }] } },
      want: ["spec.providers.inference[1].id Required value: every provider needs an id"],
    },
    {
      says: "providers of an API that is disabled in another spelling",
      spec: {
        providers: { vectorIo: [{ provider: "pgvector" }] },
        disabled: ["vector_io", "agents", "eval", "toolRuntime"],
      },
      want: ["spec.providers.vectorIo Forbidden: spec.disabled[0] disables the API"],
    },
    {
      says: "to disable what something else needs",
      spec: { disabled: ["datasetIo"] },
      want: [
        'spec.disabled[0] Invalid value: "datasetio": eval, post_training, scoring cannot run without it',
      ],
    },
    {
      says: "an API nobody knows",
      spec: { disabled: ["telepathy"] },
      want: [
        'spec.disabled[0] Unsupported value: "telepathy": supported values: "agents", "batches", "datasetIo"',
      ],
    },
    {
      says: "telemetry for a server without that API",
      spec: { providers: { telemetry: [{ provider: "otlp", endpoint: "http://otel" }] } },
      want: [
        "spec.providers.telemetry[0] Forbidden: the server of this distribution has no telemetry API (it has agents, batches",
      ],
    },
    {
      says: "two secrets that would share a variable",
      spec: {
        providers: {
          inference: [
            { id: "a-b", provider: "vllm", apiKey: { secretKeyRef: a } },
            { id: "a_b", provider: "vllm", apiKey: { secretKeyRef: b } },
          ],
        },
      },
      want: [
        'spec.providers.inference[1].apiKey Invalid value: "s/b": its environment variable would be LLSD_A_B_API_KEY, as that of spec.providers.inference[0].apiKey',
      ],
    },
    {
      says: "a provider called as the secrets of storage are",
      spec: { providers: { inference: [{ id: "storage", provider: "vllm" }] } },
      want: ['spec.providers.inference[0].id Invalid value: "storage": is reserved'],
    },
    {
      says: "an endpoint where the provider takes none",
      spec: { providers: { inference: [{ provider: "bedrock", endpoint: "http://x" }] } },
      want: [
        'spec.providers.inference[0].endpoint Invalid value: "http://x": provider type remote::bedrock takes no endpoint',
      ],
    },
    {
      says: "a port the server does not take",
      spec: { networking: { port: 443 } },
      want: ["spec.networking.port Invalid value: 443: must be between 1024 and 65535"],
    },
    {
      says: "a Redis address that is none",
      spec: { storage: { kv: { type: "redis", endpoint: "redis://user@host/0" } } },
      want: ["spec.storage.kv.endpoint Invalid value"],
    },
    {
      says: "two external providers with one id, with both images",
      spec: {
        externalProviders: {
          inference: [{ providerId: "x", image: "one:1" }],
          safety: [{ providerId: "x", image: "two:2" }],
        },
      },
      want: ['spec.externalProviders.safety[0].providerId Duplicate value: "x": images one:1 and two:2'],
    },
  ])("$says", ({ spec, want }) => {
    const failure = refused(spec);
    expect(failure.reason).toBe("ConfigGenerationFailed");
    const errors = failure.errors.map(({ path, detail }) => `${path} ${detail}`);
    expect(errors.map((error, i) => error.slice(0, want[i]?.length ?? error.length))).toEqual(want);
  });

  test.each([
    { kind: "tools", api: "tool_runtime", section: "toolRuntime" },
    { kind: "shields", api: "safety", section: "safety" },
  ])("$kind where no provider can serve them", ({ kind, api, section }) => {
    const config = exampleBase();
    config["apis"] = ["inference", api];
    const failure = refused({ resources: { [kind]: ["x"] } }, base(config));
    expect(failure.reason).toBe("MissingProviderForResource");
    expect(failure.errors[0]).toMatchObject({
      path: `spec.resources.${kind}`,
      detail: expect.stringContaining(`resources.${kind} needs at least one ${section} provider`) as string,
    });
  });

  it("a model when no provider is sure to run", () => {
    const failure = refused({ resources: { models: [{ name: "m" }] } }, base(exampleBase()));
    expect(failure.reason).toBe("MissingProviderForResource");
    expect(failure.errors[0]?.path).toBe("spec.resources.models[0].provider");
  });
});
