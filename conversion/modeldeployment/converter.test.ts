import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { modelDeploymentDefinition } from "../../api/modeldeployment/definition.ts";
import { arbitraryObject } from "../../api/testing/arbitrary.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getKey, getPath, isObject, setPath } from "../../machinery/json/value.ts";
import { applyDefaults } from "../../machinery/schema/defaults.ts";
import { stashAnnotation } from "../lossless.ts";
import type { Version } from "../moves.ts";
import { convertModelDeployment, modelDeploymentConverter } from "./converter.ts";

const definition = modelDeploymentDefinition(modelDeploymentConverter);
const schemaOf = (version: string) => definition.versions.find((v) => v.name === version)!.schema;
const convert = (object: JsonObject, to: Version) => convertModelDeployment(object, to).object;

const deployment = (version: Version, spec: JsonObject, annotations?: JsonObject): JsonObject => ({
  apiVersion: `hawsepipe.dev/${version}`,
  kind: "ModelDeployment",
  metadata: { name: "m", ...(annotations === undefined ? {} : { annotations }) },
  spec,
});

const stashes = (object: JsonObject) =>
  Object.keys((getPath(object, "metadata", "annotations") ?? {}) as JsonObject).filter((key) =>
    key.endsWith("-stash"),
  );

const metadata = fc.record(
  {
    name: fc.constant("m"),
    labels: fc.dictionary(fc.constantFrom("a", "b"), fc.string()),
    annotations: fc.dictionary(
      fc.constantFrom("x", "hawsepipe.dev/paused", "airunway.ai/reconcile-paused", "__proto__"),
      fc.constantFrom("true", "false", "", "yes"),
      { minKeys: 1 },
    ),
  },
  { requiredKeys: ["name"] },
);

const valid = (version: Version): fc.Arbitrary<JsonObject> =>
  fc.tuple(arbitraryObject(schemaOf(version)), metadata, fc.boolean()).map(([object, meta, defaulted]) => {
    const full: JsonObject = {
      apiVersion: `hawsepipe.dev/${version}`,
      kind: "ModelDeployment",
      metadata: cloneJson(meta as JsonObject),
      ...object,
    };
    if (defaulted) applyDefaults(full, schemaOf(version));
    return full;
  });

describe("round trips", () => {
  test.each<[Version, Version]>([
    ["v1alpha1", "v1alpha2"],
    ["v1alpha2", "v1alpha1"],
  ])("%s comes back unchanged through %s, twice, and the input is left alone", (from, through) => {
    fc.assert(
      fc.property(valid(from), (object) => {
        const before = cloneJson(object);
        const there = convert(object, through);
        expect(object).toEqual(before);
        const back = convert(there, from);
        expect(back).toEqual(before);
        expect(convert(back, through)).toEqual(there);
      }),
      { numRuns: 400 },
    );
  });

  test.each<Version>(["v1alpha1", "v1alpha2"])("odd types of %s neither throw nor get lost", (from) => {
    const through = from === "v1alpha1" ? "v1alpha2" : "v1alpha1";
    const odd = fc.constantFrom<JsonValue>(null, 0, "x", [], [1], {}, { a: 1 }, true, 2n ** 60n);
    const path = fc.constantFrom(
      ...["spec", "status", "spec.model", "spec.engine", "spec.engine.image", "spec.image", "spec.scaling"],
      ...[
        "spec.scaling.prefill",
        "spec.serving",
        "spec.serving.prefill.resources",
        "spec.workload",
        "spec.secrets",
      ],
      ...[
        "spec.model.tokenSecretRef",
        "spec.paused",
        "spec.unknown.field",
        "spec.networking",
        "status.provider.name",
      ],
    );
    fc.assert(
      fc.property(valid(from), path, odd, (object, at, value) => {
        setPath(object, at.split("."), value);
        const there = convert(object, through);
        if (!at.startsWith("status")) expect(convert(there, from)).toEqual(object);
      }),
      { numRuns: 300 },
    );
  });

  test("a defaulted object whose fields exist in both versions needs no stash", () => {
    const v1 = deployment("v1alpha1", {
      model: { id: "a/b", storage: { volumes: [{ name: "c", size: "1Gi", purpose: "modelCache" }] } },
      engine: { type: "vllm", image: "i" },
      scaling: { replicas: 2 },
      resources: { gpu: { count: 1 } },
      secrets: { huggingFaceToken: "t" },
      gateway: { enabled: false },
    });
    applyDefaults(v1, schemaOf("v1alpha1"));
    const v2 = convert(v1, "v1alpha2");
    expect(stashes(v2)).toEqual([]);
    expect(stashes(convert(v2, "v1alpha1"))).toEqual([]);
  });
});

describe("the table", () => {
  const gpu = { count: 2, type: "nvidia.com/gpu" };
  test.each<{ says: string; v1: JsonObject; v2: JsonObject; notes?: JsonObject }>([
    {
      says: "model id, source and served name stay",
      v1: { model: { id: "a", source: "custom", servedName: "s" } },
      v2: { model: { id: "a", source: "custom", servedName: "s" } },
    },
    {
      says: "the token secret gets its fixed key",
      v1: { model: {}, secrets: { huggingFaceToken: "hf" } },
      v2: { model: { tokenSecretRef: { name: "hf", key: "HF_TOKEN" } } },
    },
    {
      says: "volumes leave model.storage",
      v1: { model: { storage: { volumes: [{ name: "v", size: "1Gi" }] } } },
      v2: { model: { volumes: [{ name: "v", size: "1Gi" }] } },
    },
    {
      says: "the engine stays, explicit false included",
      v1: { model: {}, engine: { type: "vllm", image: "i", enablePrefixCaching: false, args: { a: "" } } },
      v2: { model: {}, engine: { type: "vllm", image: "i", enablePrefixCaching: false, args: { a: "" } } },
    },
    {
      says: "the provider stays, overrides included",
      v1: { model: {}, provider: { name: "kaito", overrides: { resource: { count: null } } } },
      v2: { model: {}, provider: { name: "kaito", overrides: { resource: { count: null } } } },
    },
    {
      says: "replicas move from scaling to serving, zero included",
      v1: { model: {}, serving: { mode: "aggregated" }, scaling: { replicas: 0 } },
      v2: { model: {}, serving: { mode: "aggregated", replicas: 0 } },
    },
    {
      says: "resources move under serving",
      v1: { model: {}, resources: { gpu, cpu: 4, memory: "8Gi" } },
      v2: { model: {}, serving: { resources: { gpu, cpu: 4, memory: "8Gi" } } },
    },
    {
      says: "prefill and decode get a resources block",
      v1: {
        model: {},
        scaling: { prefill: { replicas: 1, gpu, memory: "8Gi" }, decode: { replicas: 0, gpu } },
      },
      v2: {
        model: {},
        serving: {
          prefill: { replicas: 1, resources: { gpu, memory: "8Gi" } },
          decode: { replicas: 0, resources: { gpu } },
        },
      },
    },
    {
      says: "the gateway moves under networking",
      v1: { model: {}, gateway: { enabled: false, modelName: "m", httpRouteRef: "r" } },
      v2: { model: {}, networking: { gateway: { enabled: false, modelName: "m", httpRouteRef: "r" } } },
    },
    {
      says: "env, node selector, tolerations and pod metadata move under workload",
      v1: {
        model: {},
        env: [{ name: "A", value: "1" }],
        nodeSelector: { a: "b" },
        tolerations: [{ operator: "Exists" }],
        podTemplate: { metadata: { labels: { l: "1" } } },
      },
      v2: {
        model: {},
        workload: {
          env: [{ name: "A", value: "1" }],
          nodeSelector: { a: "b" },
          tolerations: [{ operator: "Exists" }],
          podTemplate: { metadata: { labels: { l: "1" } } },
        },
      },
    },
    {
      says: "pause is an annotation in v1alpha1",
      v1: { model: {} },
      v2: { model: {}, paused: true },
      notes: { "hawsepipe.dev/paused": "true" },
    },
    {
      says: "an explicit paused false survives",
      v1: { model: {} },
      v2: { model: {}, paused: false },
      notes: { "hawsepipe.dev/paused": "false" },
    },
  ])("$says", ({ v1, v2, notes }) => {
    const older = deployment("v1alpha1", v1, notes);
    const hub = deployment("v1alpha2", v2);
    expect(convert(older, "v1alpha2")).toEqual(hub);
    expect(convert(hub, "v1alpha1")).toEqual(older);
  });

  test("status moves its reasons", () => {
    const v1: JsonObject = {
      ...deployment("v1alpha1", { model: {} }),
      status: {
        phase: "Running",
        provider: { name: "kaito", resourceName: "m", resourceKind: "Workspace", selectedReason: "p" },
        engine: { type: "vllm", selectedReason: "e" },
        replicas: { desired: 1, ready: 0 },
        unsupportedFields: [{ path: "spec.paused", reason: "r" }],
      },
    };
    const v2 = convert(v1, "v1alpha2");
    expect(v2["status"]).toEqual({
      phase: "Running",
      provider: { name: "kaito", resourceName: "m", resourceKind: "Workspace" },
      engine: { type: "vllm" },
      selection: { providerReason: "p", engineReason: "e" },
      replicas: { desired: 1, ready: 0 },
      unsupportedFields: [{ path: "spec.paused", reason: "r" }],
    });
    expect(convert(v2, "v1alpha1")).toEqual(v1);
  });

  test.each<{ says: string; v1: JsonObject; image: string }>([
    { says: "spec.image alone", v1: { model: {}, image: "a" }, image: "a" },
    { says: "both, equal", v1: { model: {}, image: "a", engine: { image: "a" } }, image: "a" },
    { says: "engine.image alone", v1: { model: {}, engine: { image: "a" } }, image: "a" },
    {
      says: "both, different: engine.image wins",
      v1: { model: {}, image: "a", engine: { image: "b" } },
      image: "b",
    },
    {
      says: "an empty engine.image counts as none",
      v1: { model: {}, image: "a", engine: { image: "" } },
      image: "a",
    },
  ])("image folding: $says", ({ v1, image }) => {
    const older = deployment("v1alpha1", v1);
    const hub = convert(older, "v1alpha2");
    expect(getPath(hub, "spec", "engine", "image")).toBe(image);
    expect(convert(hub, "v1alpha1")).toEqual(older);
  });
});

describe("edits in the other version", () => {
  test("an image edited in v1alpha2 appears where v1alpha1 had it", () => {
    const hub = convert(deployment("v1alpha1", { model: {}, image: "a" }), "v1alpha2");
    setPath(hub, ["spec", "engine"], { image: "b", type: "vllm" });
    const back = convert(hub, "v1alpha1");
    expect(back["spec"]).toEqual({ model: {}, image: "b", engine: { type: "vllm" } });
  });

  test("v1alpha2 fields survive an unrelated edit in v1alpha1", () => {
    const hub = deployment("v1alpha2", {
      model: { tokenSecretRef: { name: "t", key: "OTHER" } },
      networking: { port: 9000 },
      workload: { podTemplate: { spec: { affinity: { nodeAffinity: {} } } } },
      serving: { mode: "disaggregated", prefill: { replicas: 1, resources: { cpu: "4" } } },
    });
    const older = convert(hub, "v1alpha1");
    setPath(older, ["spec", "gateway", "enabled"], true);
    setPath(older, ["spec", "env"], [{ name: "A" }]);
    setPath(older, ["spec", "scaling", "prefill", "memory"], "8Gi");
    const want = cloneJson(hub);
    setPath(want, ["spec", "networking", "gateway", "enabled"], true);
    setPath(want, ["spec", "workload", "env"], [{ name: "A" }]);
    setPath(want, ["spec", "serving", "prefill", "resources", "memory"], "8Gi");
    expect(convert(older, "v1alpha2")).toEqual(want);
  });

  test("what was removed in v1alpha1 is not brought back by the stash", () => {
    const older = convert(
      deployment("v1alpha2", { model: {}, serving: { prefill: { replicas: 1, resources: { cpu: "4" } } } }),
      "v1alpha1",
    );
    setPath(older, ["spec", "scaling"], { replicas: 1 });
    const hub = convert(older, "v1alpha2");
    expect(hub["spec"]).toEqual({ model: {}, serving: { replicas: 1 } });
    expect(stashes(hub)).toEqual([]);
  });

  test("a v1alpha1 write without the stash clears what only v1alpha2 has", () => {
    const older = convert(deployment("v1alpha2", { model: {}, networking: { port: 9000 } }), "v1alpha1");
    setPath(older, ["metadata", "annotations"], {});
    expect(getPath(convert(older, "v1alpha2"), "spec", "networking")).toBeUndefined();
  });

  test("any scalar of the spec edited in the hub arrives in v1alpha1 and back", () => {
    fc.assert(
      fc.property(
        valid("v1alpha1"),
        fc.integer({ min: 0, max: 32 }),
        fc.string(),
        (object, replicas, name) => {
          const hub = convert(object, "v1alpha2");
          setPath(hub, ["spec", "serving", "replicas"], replicas);
          setPath(hub, ["spec", "model", "servedName"], name);
          setPath(hub, ["spec", "engine", "image"], name);
          const back = convert(hub, "v1alpha1");
          expect(getPath(back, "spec", "scaling", "replicas")).toBe(replicas);
          const again = convert(back, "v1alpha2");
          expect(getPath(again, "spec", "serving", "replicas")).toBe(replicas);
          expect(getPath(again, "spec", "model", "servedName")).toBe(name);
          expect(getPath(again, "spec", "engine", "image")).toBe(name);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("stashes of hostile clients", () => {
  const entry = (path: string[], original: JsonValue, plain?: JsonValue) =>
    JSON.stringify({ entries: [{ path, under: 0, original, ...(plain === undefined ? {} : { plain }) }] });
  test.each<{ says: string; stash: JsonValue }>([
    { says: "not JSON", stash: "{" },
    { says: "not text", stash: 3 },
    { says: "no entries", stash: "{}" },
    { says: "a bad path", stash: '{"entries":[{"path":[1],"under":0}]}' },
    { says: "a forged status", stash: entry(["status", "phase"], "Running") },
    { says: "a forged uid", stash: entry(["metadata", "uid"], "x") },
    { says: "a forged annotation", stash: entry(["metadata", "annotations", "a"], "x") },
    { says: "annotations as a whole", stash: entry(["metadata", "annotations"], { a: "x" }) },
  ])("$says: dropped with a warning", ({ stash }) => {
    const { object, warnings } = convertModelDeployment(
      deployment("v1alpha1", { model: {} }, { [stashAnnotation("v1alpha2")]: stash }),
      "v1alpha2",
    );
    expect(object).toEqual(deployment("v1alpha2", { model: {} }));
    expect(warnings).toEqual([
      "metadata.annotations[hawsepipe.dev/v1alpha2-stash]: cannot be read and was dropped",
    ]);
  });

  test("keys such as __proto__ in a stash stay data", () => {
    const stash = '{"entries":[{"path":["spec","__proto__","polluted"],"under":0,"original":true}]}';
    const { object } = convertModelDeployment(
      deployment("v1alpha1", { model: {} }, { [stashAnnotation("v1alpha2")]: stash }),
      "v1alpha2",
    );
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    const spec = object["spec"];
    expect(isObject(spec) && getKey(spec, "__proto__")).toEqual({ polluted: true });
  });
});

describe("pause of the former system", () => {
  const former = { "airunway.ai/reconcile-paused": "true" };
  test("is understood, and comes back as it was", () => {
    const older = deployment("v1alpha1", { model: {} }, former);
    const hub = convert(older, "v1alpha2");
    expect(getPath(hub, "spec", "paused")).toBe(true);
    expect(convert(hub, "v1alpha1")).toEqual(older);
  });

  test("is overruled by our annotation and by the field", () => {
    const ours = deployment("v1alpha1", { model: {} }, { ...former, "hawsepipe.dev/paused": "false" });
    expect(getPath(convert(ours, "v1alpha2"), "spec", "paused")).toBe(false);
    const hub = deployment("v1alpha2", { model: {} }, former);
    const older = convert(hub, "v1alpha1");
    expect(getPath(older, "metadata", "annotations", "hawsepipe.dev/paused")).toBe("false");
    expect(convert(older, "v1alpha2")).toEqual(hub);
  });
});

test.each([
  ["spec.serving.replicas", "spec.scaling.replicas"],
  ["spec.serving.prefill.resources.gpu.count", "spec.scaling.prefill.gpu.count"],
  ["spec.model.volumes[0].size", "spec.model.storage.volumes[0].size"],
  ["spec.workload.env[1].valueFrom", "spec.env[1].valueFrom"],
  ["spec.networking.gateway.modelName", "spec.gateway.modelName"],
  ["spec.model.tokenSecretRef.name", "spec.secrets.huggingFaceToken"],
  ["spec.paused", "metadata.annotations[hawsepipe.dev/paused]"],
  ["spec.engine.args[a.b]", "spec.engine.args[a.b]"],
  ["spec.serving.resources.cpu", "spec.resources.cpu"],
  ["metadata.name", "metadata.name"],
])("the path %s of v1alpha2 is %s in v1alpha1 and back", (hub, older) => {
  expect(modelDeploymentConverter.translatePath?.(hub, "v1alpha2", "v1alpha1")).toBe(older);
  expect(modelDeploymentConverter.translatePath?.(older, "v1alpha1", "v1alpha2")).toBe(hub);
});

test("an unknown version is an error", () => {
  expect(() => convert(deployment("v1alpha1", {}), "v9" as Version)).toThrow("no version");
});
