import { describe, expect, test } from "vitest";
import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import type { Base } from "../../transformers/llamastack/config/base.ts";
import { parseBase } from "../../transformers/llamastack/config/base.ts";
import type { Resolution } from "../../transformers/llamastack/resolve.ts";
import { generate } from "./generation.ts";

const found = { facts: {}, errors: [] };
/** Without any provider of tools. */
const bare = parseBase("version: 2\nproviders: {}\nstorage: {backends: {}}\n", "test") as Base;

function generatedBefore(condition: object, status: object = {}): LlamaStackDistribution {
  const shape = {
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "LlamaStackDistribution",
    metadata: { name: "s", namespace: "default", generation: 3 },
    spec: { distribution: { name: "starter" }, resources: { tools: ["websearch"] } },
    status: {
      version: { operatorVersion: "1" },
      conditions: [
        {
          type: "ConfigGenerated",
          status: "True",
          reason: "ConfigGenerationSucceeded",
          observedGeneration: 3,
          ...condition,
        },
      ],
      ...status,
    },
  };
  return shape as unknown as LlamaStackDistribution;
}

describe("a spec that cannot be generated for", () => {
  test.each<{ says: string; condition?: object; resolution?: Resolution; want: string }>([
    {
      says: "and was, under another base, fails after an upgrade",
      resolution: { labelled: bare },
      want: "UpgradeConfigFailure",
    },
    {
      says: "goes on doing so",
      condition: { status: "False", reason: "UpgradeConfigFailure" },
      want: "UpgradeConfigFailure",
    },
    {
      says: "in a newer generation is the spec's own failure",
      condition: { observedGeneration: 2 },
      want: "MissingProviderForResource",
    },
    {
      says: "and never was is the spec's own failure",
      condition: { status: "False", reason: "ConfigGenerationFailed" },
      want: "MissingProviderForResource",
    },
  ])("$says", ({ condition = {}, resolution = { labelled: bare }, want }) => {
    const { generation, resources } = generate(generatedBefore(condition), found, {
      resolution,
      operatorVersion: "1",
    });
    expect([generation.failure?.reason, resources]).toEqual([want, undefined]);
  });

  test("because a ConfigMap is missing is never an upgrade's fault", () => {
    const errors = [{ type: "FieldValueNotFound", path: "spec.x", detail: 'Not found: "x"' }] as const;
    const { generation } = generate(
      generatedBefore({}),
      { facts: {}, errors },
      { resolution: {}, operatorVersion: "2" },
    );
    expect(generation.failure).toEqual({
      reason: "ConfigGenerationFailed",
      message: 'spec.x: Not found: "x"',
      isTransient: false,
    });
  });
});

test("what waits for a registry is neither a failure nor anything to apply", () => {
  const awaited = ["a.example/x:1", "b.example/y:2"];
  const { generation, resources } = generate(generatedBefore({}), found, {
    resolution: { awaited },
    operatorVersion: "1",
  });
  expect([generation.failure, resources]).toEqual([
    {
      reason: "WaitingForRegistry",
      message: "what is in a.example/x:1, b.example/y:2 is being asked of their registries",
      isTransient: false,
      isAwaited: true,
    },
    undefined,
  ]);
});

test("what can be generated names its image, its ConfigMap and its Secrets", () => {
  const object = generatedBefore({});
  const tls = { networking: { tls: { enabled: true, secretName: "cert" } } };
  const { generation, secrets } = generate({ ...object, spec: { ...object.spec, ...tls } }, found, {
    resolution: {},
    operatorVersion: "1",
  });
  expect(generation.rendered).toMatchObject({
    source: "Generated",
    image: expect.stringContaining("starter") as string,
  });
  expect(generation.rendered?.configMapName).toMatch(/^s-config-[0-9a-f]{8}$/);
  expect(secrets).toEqual([{ path: "spec.networking.tls.secretName", name: "cert", key: "tls.crt" }]);
});
