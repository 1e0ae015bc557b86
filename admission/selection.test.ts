import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { InferenceProvider, InferenceProviderSpec } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { EngineType, ModelDeploymentSpec } from "../api/modeldeployment/v1alpha2/types.ts";
import { defaultModelDeployment } from "../api/modeldeployment/defaults.ts";
import { encodeYaml } from "../machinery/yaml/encode.ts";
import { transformerOf } from "../transformers/registry.ts";
import { defaultStaleAfterMs, unreadiness } from "./readiness.ts";
import { renderDeployment } from "./render.ts";
import type { RuleError } from "./selection-rules.ts";
import { SelectionRules } from "./selection-rules.ts";
import { select, selectionAnnotation, selectionReasons } from "./selection.ts";
import { admitted, aProvider, now, written } from "./testing/admission-rig.ts";

type Rules = NonNullable<InferenceProviderSpec["selectionRules"]>;
const serves = (
  engines: readonly EngineType[],
  more: { gpu?: boolean; cpu?: boolean; modes?: ("aggregated" | "disaggregated")[] } = {},
  selectionRules: Rules = [],
): InferenceProviderSpec => ({
  capabilities: {
    engines: engines.map((name) => ({
      name,
      servingModes: more.modes ?? ["aggregated"],
      gpuSupport: more.gpu ?? true,
      cpuSupport: more.cpu ?? false,
    })),
  },
  selectionRules,
});

/** The built-in providers, all of them ready, in an order that means nothing. */
const five = (): InferenceProvider[] =>
  ["vllm", "kaito", "dynamo", "kuberay", "llmd"].map((name) => aProvider(name));

const gpus = (count: number): NonNullable<ModelDeploymentSpec["serving"]> => ({
  resources: { gpu: { count } },
});

interface Case {
  readonly says: string;
  readonly spec: Partial<ModelDeploymentSpec>;
  readonly providers?: readonly InferenceProvider[];
  readonly want: readonly [engine: string | undefined, provider: string | undefined];
}

/** The choice by rank alone: providers without a transformer here object to nothing. */
const ranked = (
  spec: Partial<ModelDeploymentSpec>,
  providers: readonly InferenceProvider[],
): [string | undefined, string | undefined] => {
  const object = written(spec);
  defaultModelDeployment(object);
  select(object, undefined, {
    candidates: providers.map((provider) => ({
      provider,
      obstacle: unreadiness(provider, now, defaultStaleAfterMs),
    })),
    now,
    rules: new SelectionRules(),
    onRuleErrors: () => undefined,
    assess: (candidate, { metadata }) => ({
      errors: transformerOf(metadata.name) === undefined ? [] : renderDeployment(candidate).errors,
      ignored: 0,
    }),
  });
  return [object.spec.engine?.type, object.spec.provider?.name];
};

const chosen = async (
  spec: Partial<ModelDeploymentSpec>,
  providers: readonly InferenceProvider[],
): Promise<[string | undefined, string | undefined]> => {
  const { object } = await admitted(written(spec), { listProviders: () => providers });
  return [object.spec.engine?.type, object.spec.provider?.name];
};

describe("the choice among five providers", () => {
  test.each<Case>([
    {
      says: "one GPU and vllm",
      spec: { engine: { type: "vllm" }, serving: gpus(1) },
      want: ["vllm", "dynamo"],
    },
    {
      says: "two GPUs and vllm",
      spec: { engine: { type: "vllm" }, serving: gpus(2) },
      want: ["vllm", "kuberay"],
    },
    {
      says: "disaggregated",
      spec: { engine: { type: "vllm" }, serving: { mode: "disaggregated" } },
      want: ["vllm", "dynamo"],
    },
    { says: "sglang", spec: { engine: { type: "sglang" } }, want: ["sglang", "dynamo"] },
    { says: "trtllm", spec: { engine: { type: "trtllm" } }, want: ["trtllm", "dynamo"] },
    {
      says: "replicas that span nodes, though rules prefer another",
      spec: { engine: { type: "vllm" }, serving: { resources: { gpu: { count: 8, nodes: 2 } } } },
      want: ["vllm", "dynamo"],
    },
    { says: "no GPU", spec: { serving: gpus(0) }, want: ["llamacpp", "kaito"] },
    {
      says: "an own image and nothing else",
      spec: { engine: { image: "runner:1" } },
      want: ["llamacpp", "kaito"],
    },
    { says: "nothing at all takes one GPU", spec: {}, want: ["vllm", "dynamo"] },
    {
      says: "one GPU without dynamo goes by name",
      spec: { engine: { type: "vllm" }, serving: gpus(1) },
      providers: five().filter(({ metadata }) => metadata.name !== "dynamo"),
      want: ["vllm", "kaito"],
    },
    {
      says: "only vllm and llmd",
      spec: { serving: gpus(1) },
      providers: five().filter(({ metadata }) => ["vllm", "llmd"].includes(metadata.name ?? "")),
      want: ["vllm", "llmd"],
    },
    {
      says: "the engine is one the named provider can serve",
      spec: { provider: { name: "b" }, serving: gpus(1) },
      providers: [aProvider("a", serves(["vllm"])), aProvider("b", serves(["sglang"]))],
      want: ["sglang", "b"],
    },
    {
      says: "an unready provider is not chosen",
      spec: { engine: { type: "vllm" }, serving: gpus(1) },
      providers: [aProvider("kaito", {}, false), aProvider("vllm")],
      want: ["vllm", "vllm"],
    },
    {
      says: "one whose heartbeat is old is not chosen",
      spec: { engine: { type: "vllm" }, serving: gpus(1) },
      providers: [
        { ...aProvider("kaito"), status: { ready: true, lastHeartbeat: "2025-12-31T23:54:59Z" } },
        { ...aProvider("vllm"), status: { ready: true, lastHeartbeat: "2025-12-31T23:55:01Z" } },
      ],
      want: ["vllm", "vllm"],
    },
    { says: "nobody can", spec: { engine: { type: "vllm" }, serving: gpus(0) }, want: ["vllm", undefined] },
  ])("$says", ({ spec, providers, want }) => {
    expect(ranked(spec, providers ?? five())).toEqual(want);
  });

  test("does not depend on the order of the list", async () => {
    const names = ["a", "b", "c", "d"];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
        fc.shuffledSubarray(names, { minLength: 4 }),
        async (priorities, order) => {
          const providers = (list: readonly string[]): InferenceProvider[] =>
            list.map((name) =>
              aProvider(
                name,
                serves(["vllm"], {}, [{ condition: "true", priority: priorities[names.indexOf(name)] ?? 0 }]),
              ),
            );
          const spec = { serving: gpus(1) };
          expect(await chosen(spec, providers(order))).toEqual(await chosen(spec, providers(names)));
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe("rules", () => {
  const priorityOf = async (condition: string, spec: Partial<ModelDeploymentSpec>): Promise<boolean> => {
    const providers = [
      aProvider("a", serves(["vllm"])),
      aProvider("b", serves(["vllm"], {}, [{ condition, priority: 1 }])),
    ];
    return (await chosen({ engine: { type: "vllm" }, serving: gpus(1), ...spec }, providers))[1] === "b";
  };
  test.each<{ condition: string; spec?: Partial<ModelDeploymentSpec>; want: boolean }>([
    { condition: "spec.serving.resources.gpu.count == 1", want: true },
    { condition: "spec.engine.contextLength == 0", want: true },
    { condition: "has(spec.engine.contextLength)", want: false },
    { condition: "!has(spec.engine.contextLength) && spec.networking.port == 0", want: true },
    { condition: "spec.workload.nodeSelector.size() == 0", want: true },
    { condition: "spec.model.volumes.exists(v, v.name == 'x')", want: false },
    {
      condition: "spec.engine.contextLength > 8000",
      spec: { engine: { type: "vllm", contextLength: 9000 } },
      want: true,
    },
    { condition: "spec.nonsense == 1", want: false },
    { condition: "spec.engine.type", want: false },
    { condition: "1 / spec.engine.contextLength > 0", want: false },
  ])("$condition: $want", async ({ condition, spec, want }) => {
    expect(await priorityOf(condition, spec ?? {})).toBe(want);
  });

  test("that fail are reported, with their index, and do not stop the others", async () => {
    const seen = new Map<string, readonly RuleError[]>();
    const rules: Rules = [
      { condition: "spec.nonsense == 1", priority: 9 },
      { condition: "true", priority: 1 },
    ];
    const providers = [aProvider("a", serves(["vllm"])), aProvider("b", serves(["vllm"], {}, rules))];
    const { object } = await admitted(written({ serving: gpus(1) }), {
      listProviders: () => providers,
      onRuleErrors: (name, errors) => seen.set(name, errors),
    });
    expect(object.spec.provider?.name).toBe("b");
    expect(seen.get("a")).toEqual([]);
    expect(seen.get("b")).toEqual([
      { index: 0, condition: "spec.nonsense == 1", message: expect.stringContaining("nonsense") as string },
    ]);
  });
});

describe("what was chosen stays", () => {
  test("when an update leaves it out, whatever the providers are now, and says that and why", async () => {
    const { object: old } = await admitted(written({ serving: gpus(1) }));
    expect(old.spec.provider?.name).toBe("kaito");
    const next = written({ serving: gpus(1) });
    next.spec.engine = { contextLength: 4096 };
    const update = await admitted(next, {
      old,
      listProviders: () => [aProvider("kaito", {}, false), aProvider("vllm")],
    });
    expect([update.object.spec.provider?.name, update.object.spec.engine?.type, update.errors]).toEqual([
      "kaito",
      "vllm",
      [],
    ]);
    const { engineReason, providerReason } = selectionReasons(old);
    expect(providerReason).toContain("first by name");
    expect(selectionReasons(update.object)).toEqual({
      engineReason: `kept from an earlier choice: ${engineReason}`,
      providerReason: `kept from an earlier choice: ${providerReason}`,
    });
  });

  test("an update that changes nothing says nothing new, and a second change nothing twice", async () => {
    const { object: old } = await admitted(written({ serving: gpus(1) }));
    const { object: same } = await admitted(written({ serving: gpus(1) }), { old });
    expect(same).toEqual(old);
    const { object: second } = await admitted(written({ serving: gpus(2) }), { old });
    const { object: third } = await admitted(written({ serving: gpus(4) }), { old: second });
    expect(selectionReasons(third)).toEqual(selectionReasons(second));
  });

  const named = "named in the spec";
  const kept = "kept from an earlier choice";
  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; want: object }>([
    {
      says: "the engine is chosen anew for another provider",
      spec: { provider: { name: "vllm" } },
      want: {
        engineReason: "first engine that can be served aggregated on accelerators, by vllm",
        providerReason: named,
      },
    },
    {
      says: "the engine that is sent along with another provider is kept",
      spec: { engine: { type: "vllm" }, provider: { name: "vllm" } },
      want: { engineReason: kept, providerReason: named },
    },
    {
      says: "the provider is kept for another engine",
      spec: { engine: { type: "llamacpp", image: "example.com/engine:v1" } },
      want: { engineReason: named, providerReason: kept },
    },
  ])("no reason is left of what has changed since: $says", async ({ spec, want }) => {
    const { object: old } = await admitted(written({ serving: gpus(1) }));
    const { object } = await admitted(written({ serving: gpus(1), ...spec }), { old });
    expect(selectionReasons(object)).toEqual(want);
  });

  test("until another is named; then it is the user's choice", async () => {
    const { object: old } = await admitted(written({ serving: gpus(1) }));
    const { object } = await admitted(written({ serving: gpus(1), provider: { name: "vllm" } }), { old });
    expect(selectionReasons(object)).toMatchObject({ providerReason: "named in the spec" });
  });

  test("a choice of the user's own leaves no annotation", async () => {
    const { object } = await admitted(written({ engine: { type: "vllm" }, provider: { name: "vllm" } }));
    expect(object.metadata.annotations).toBeUndefined();
    const forged = written({ engine: { type: "vllm" }, provider: { name: "vllm" } });
    forged.metadata.annotations = { [selectionAnnotation]: '{"provider":"forged"}', mine: "1" };
    expect((await admitted(forged)).object.metadata.annotations).toEqual({ mine: "1" });
  });
});

describe("refusals", () => {
  test.each<{
    says: string;
    spec: Partial<ModelDeploymentSpec>;
    providers?: InferenceProvider[];
    want: string;
  }>([
    {
      says: "no provider at all",
      spec: {},
      providers: [],
      want: "spec.provider.name: Required value: there is no",
    },
    {
      says: "nobody can serve it",
      spec: { engine: { type: "vllm" }, serving: gpus(0) },
      want: "spec.provider.name: Required value: no ready provider can serve this deployment; it needs engine vllm in aggregated mode without accelerators",
    },
    {
      says: "a provider that is not there",
      spec: { engine: { type: "vllm" }, provider: { name: "nobody" } },
      want: 'spec.provider.name: Not found: "nobody"',
    },
    {
      says: "a provider nobody can render for",
      spec: { engine: { type: "vllm" }, provider: { name: "x" }, serving: gpus(1) },
      providers: [aProvider("x", serves(["vllm"]))],
      want: 'spec.provider.name: Invalid value: "x": this version of Hawsepipe cannot render for it',
    },
    {
      says: "an unready provider by name",
      spec: { engine: { type: "vllm" }, provider: { name: "vllm" } },
      providers: [aProvider("vllm", {}, false)],
      want: 'spec.provider.name: Invalid value: "vllm": it is not ready',
    },
    {
      says: "a provider by name that has not been confirmed for five minutes",
      spec: { engine: { type: "vllm" }, provider: { name: "vllm" } },
      providers: [{ ...aProvider("vllm"), status: { ready: true, lastHeartbeat: "2025-12-31T23:54:59Z" } }],
      want: 'spec.provider.name: Invalid value: "vllm": its last heartbeat is from 2025-12-31T23:54:59Z',
    },
    {
      says: "an engine the provider cannot serve",
      spec: { engine: { type: "trtllm" }, provider: { name: "vllm" } },
      want: 'spec.engine.type: Invalid value: "trtllm": provider vllm serves vllm',
    },
    {
      says: "a mode the provider cannot serve",
      spec: { engine: { type: "vllm" }, provider: { name: "vllm" }, serving: { mode: "disaggregated" } },
      want: 'spec.serving.mode: Invalid value: "disaggregated": provider vllm serves vllm in mode aggregated only',
    },
    {
      says: "no accelerator where one is needed",
      spec: { engine: { type: "vllm" }, provider: { name: "vllm" }, serving: gpus(0) },
      want: "spec.serving.resources.gpu.count: Invalid value: 0: provider vllm serves vllm on accelerators only",
    },
    {
      says: "an image the policy does not allow",
      spec: { engine: { type: "vllm", image: "evil/x:1" }, provider: { name: "vllm" }, serving: gpus(1) },
      providers: [aProvider("vllm", { policy: { allowedImages: ["good/", "fine*"] } })],
      want: 'spec.engine.image: Forbidden: image "evil/x:1" is not allowed on provider vllm; allowed are good/, fine*',
    },
    {
      says: "more than the provider's ceiling",
      spec: { engine: { type: "vllm" }, provider: { name: "vllm" }, serving: gpus(3) },
      providers: [aProvider("vllm", { policy: { ceilings: { gpus: 2 } } })],
      want: "spec.serving.resources.gpu.count: Invalid value: 3: must not exceed the ceiling of 2",
    },
    {
      says: "more replicas by an override than the server's ceiling",
      spec: {
        engine: { type: "vllm" },
        provider: { name: "dynamo", overrides: { frontend: { replicas: 33 } } },
        serving: gpus(1),
      },
      providers: [aProvider("dynamo")],
      want: "spec.provider.overrides.frontend.replicas: Invalid value: 33: must not exceed the ceiling of 32 replicas",
    },
    {
      says: "more memory by an override than the provider's ceiling",
      spec: {
        engine: { type: "vllm" },
        provider: { name: "dynamo", overrides: { frontend: { resources: { memory: "2Gi" } } } },
        serving: gpus(1),
      },
      providers: [aProvider("dynamo", { policy: { ceilings: { memory: "1Gi" } } })],
      want: 'spec.provider.overrides.frontend.resources.memory: Invalid value: "2Gi": must not exceed the ceiling of 1Gi per replica',
    },
    {
      says: "more accelerators over several nodes than the provider's ceiling",
      spec: {
        engine: { type: "vllm" },
        provider: { name: "dynamo" },
        serving: { resources: { gpu: { count: 8, nodes: 3 } } },
      },
      providers: [aProvider("dynamo", { policy: { ceilings: { gpus: 16 } } })],
      want: "spec.serving.resources.gpu.nodes: Invalid value: 3: must not exceed the ceiling of 16 accelerators per replica",
    },
    {
      says: "a replica over several nodes where it is one pod",
      spec: {
        engine: { type: "vllm" },
        provider: { name: "vllm" },
        serving: { resources: { gpu: { count: 8, nodes: 2 } } },
      },
      want: "spec.serving.resources.gpu.nodes: Invalid value: 2: this provider runs each replica on one node; dynamo has replicas that span several",
    },
  ])("$says", async ({ spec, providers, want }) => {
    const { errors } = await admitted(
      written(spec),
      providers === undefined ? {} : { listProviders: () => providers },
    );
    expect(errors.join("\n")).toContain(want);
  });

  test("a provider that has not been confirmed lately keeps what it serves, and one that is new may be named", async () => {
    const named = written({ engine: { type: "vllm" }, provider: { name: "vllm" }, serving: gpus(1) });
    const stale = { ...aProvider("vllm"), status: { ready: true, lastHeartbeat: "2025-12-31T23:00:00Z" } };
    const fresh = { ...aProvider("vllm"), status: {} };
    expect((await admitted(named, { old: named, listProviders: () => [stale] })).errors).toEqual([]);
    expect((await admitted(named, { listProviders: () => [fresh] })).errors).toEqual([]);
  });

  const only = { policy: { allowedImages: ["good/"] } };
  const evil = { runtime_env: { container: { image: "evil/x:1" } } };
  test.each<{ says: string; provider: string; spec: Partial<ModelDeploymentSpec>; want: string[] }>([
    {
      says: "of a volume in the pod template",
      provider: "vllm",
      spec: {
        workload: {
          podTemplate: {
            spec: {
              volumes: [
                { name: "a", image: { reference: "evil/x:1", pullPolicy: "Always" } },
                { name: "b", image: { reference: "good/x:1" } },
              ],
            },
          },
        },
      },
      want: ["spec.workload.podTemplate.spec.volumes[0].image.reference"],
    },
    {
      says: "of a volume in overrides",
      provider: "vllm",
      spec: {
        provider: {
          name: "vllm",
          overrides: {
            spec: { template: { spec: { volumes: [{ name: "a", image: { reference: "evil/x:1" } }] } } },
          },
        },
      },
      want: ["spec.provider.overrides.spec.template.spec.volumes[0].image.reference"],
    },
    {
      says: "of a runtime environment in Ray Serve's configuration",
      provider: "kuberay",
      spec: {
        provider: {
          name: "kuberay",
          overrides: {
            spec: {
              serveConfigV2: encodeYaml({
                applications: [evil, { runtime_env: { image_uri: "evil/y:1" } }],
              }),
            },
          },
        },
      },
      want: [
        "spec.provider.overrides.spec.serveConfigV2.applications[0].runtime_env.container.image",
        "spec.provider.overrides.spec.serveConfigV2.applications[1].runtime_env.image_uri",
      ],
    },
    {
      says: "in a configuration that cannot be read there is none",
      provider: "kuberay",
      spec: { provider: { name: "kuberay", overrides: { spec: { serveConfigV2: "a: [" } } } },
      want: [],
    },
  ])("no image gets past the policy: $says", async ({ provider, spec, want }) => {
    const { errors } = await admitted(
      written({ engine: { type: "vllm" }, provider: { name: provider }, serving: gpus(1), ...spec }),
      { listProviders: () => [aProvider(provider, only)] },
    );
    const found = errors.filter((error) => error.includes("is not allowed on provider"));
    expect(found.map((error) => error.split(": ")[0])).toEqual(want);
  });

  test("are in the words of the version the client speaks", async () => {
    const { errors } = await admitted(
      written({ provider: { name: "vllm" }, engine: { type: "vllm" }, serving: gpus(65) }),
      {
        requestVersion: "v1alpha1",
      },
    );
    expect(errors).toEqual([expect.stringMatching(/^spec\.resources\.gpu\.count: /)]);
  });

  test("an object of the wrong types is left for schema validation", async () => {
    const broken = written();
    (broken.spec as { model: unknown }).model = { id: 5 };
    const before = structuredClone(broken);
    const { object } = await admitted(broken);
    expect(object).toEqual(before);
  });
});

describe("defaults", () => {
  test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; want: number | undefined }>([
    { says: "one replica", spec: {}, want: 1 },
    { says: "an explicit zero stays", spec: { serving: { replicas: 0 } }, want: 0 },
  ])("$says", async ({ spec, want }) => {
    const { object, errors } = await admitted(written({ engine: { type: "vllm" }, ...spec }));
    expect([object.spec.serving?.replicas, errors]).toEqual([want, []]);
  });

  test("claims of objects whose name is still to be made are not named yet", async () => {
    const nameless = written({
      engine: { type: "vllm" },
      model: { id: "m", volumes: [{ name: "v", size: "1Gi", mountPath: "/v" }] },
    });
    delete nameless.metadata.name;
    const { object } = await admitted(nameless);
    expect(object.spec.model.volumes?.[0]).not.toHaveProperty("claimName");
  });
});
