import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import { engineTypes } from "../api/modeldeployment/enumerations.ts";
import type { ModelDeployment, ModelDeploymentSpec } from "../api/modeldeployment/v1alpha2/types.ts";
import { builtInProviders } from "./built-in-providers.ts";
import { selectionReasons } from "./selection.ts";
import { admitted, aProvider, written } from "./testing/admission-rig.ts";

interface Case {
  readonly says: string;
  readonly spec: Partial<ModelDeploymentSpec>;
  readonly providers?: readonly InferenceProvider[];
  readonly want: readonly [engine: string, provider: string, passedOver: string | undefined];
}

const gpu = (count: number, type?: string): NonNullable<ModelDeploymentSpec["serving"]> => ({
  resources: { gpu: { count, ...(type === undefined ? {} : { type }) } },
});

describe("what is chosen can be served", () => {
  test.each<Case>([
    {
      says: "a model inside an image goes to the provider that runs it",
      spec: { model: { source: "custom" }, engine: { type: "vllm", image: "bot:1" }, serving: gpu(1) },
      want: ["vllm", "llmd", undefined],
    },
    {
      says: "another vendor's accelerators go to the provider that takes them",
      spec: { engine: { type: "vllm" }, serving: gpu(1, "amd.com/gpu") },
      want: ["vllm", "llmd", "vllm by kaito (spec.serving.resources.gpu.type)"],
    },
    {
      says: "without an image the engine that needs one is passed over",
      spec: {},
      want: ["vllm", "kaito", "llamacpp by kaito (spec.engine.image)"],
    },
    {
      says: "a policy that forbids the image is of no use",
      spec: { engine: { type: "vllm", image: "bot:1" }, serving: gpu(1) },
      providers: [aProvider("kaito", { policy: { allowedImages: ["good/"] } }), aProvider("vllm")],
      want: ["vllm", "vllm", "vllm by kaito (spec.engine.image)"],
    },
    {
      says: "a provider nobody can render for is left out",
      spec: { engine: { type: "vllm" }, serving: gpu(1) },
      providers: [
        {
          ...aProvider("aaa"),
          spec: {
            capabilities: {
              engines: [{ name: "vllm", servingModes: ["aggregated"], gpuSupport: true }],
            },
          },
        },
        aProvider("vllm"),
      ],
      want: ["vllm", "vllm", "vllm by aaa (spec.provider.name)"],
    },
    {
      says: "nothing is passed over where the first fits",
      spec: { engine: { type: "vllm" }, serving: gpu(1) },
      want: ["vllm", "kaito", undefined],
    },
  ])("$says", async ({ spec, providers, want }) => {
    const listProviders = providers === undefined ? {} : { listProviders: () => providers };
    const { object, errors } = await admitted(written(spec), listProviders);
    const { providerReason } = selectionReasons(object);
    const passedOver = /passed over: (.*)$/.exec(providerReason)?.[1];
    expect([errors, object.spec.engine?.type, object.spec.provider?.name, passedOver]).toEqual([[], ...want]);
  });

  test("of providers alike, the one that honours most of the spec is chosen", async () => {
    const { object, warnings } = await admitted(
      written({ engine: { type: "vllm" }, workload: { tolerations: [{ operator: "Exists" }] } }),
    );
    expect([object.spec.provider?.name, warnings, selectionReasons(object).providerReason]).toEqual([
      "llmd",
      [],
      "the one that honours most of the spec, of 3 providers that can serve vllm",
    ]);
  });

  test("a name that is still to be generated speaks against nobody", async () => {
    const nameless = written();
    delete nameless.metadata.name;
    nameless.metadata.generateName = "m-";
    const { object } = await admitted(nameless);
    expect(selectionReasons(object).providerReason).toBe(
      "the first by name of 3 providers that can serve vllm; passed over: llamacpp by kaito (spec.engine.image)",
    );
  });

  test("when nothing fits, the errors are of the way that lacks least", async () => {
    const { object, errors } = await admitted(written({ serving: gpu(0) }));
    expect([object.spec.engine?.type, errors]).toEqual([
      "llamacpp",
      ["spec.engine.image: Required value: KAITO has no image of its own for llamacpp"],
    ]);
    const dotted = await admitted(written({}, "1st"));
    expect([dotted.object.spec.engine?.type, dotted.errors.length]).toEqual(["vllm", 1]);
  });
});

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
const given = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;

const specs = fc
  .record({
    model: fc
      .record({
        id: optional(fc.constant("org/m")),
        source: optional(fc.constantFrom("huggingface", "custom")),
        servedName: optional(fc.constant("served")),
        volumes: optional(
          fc.constantFrom([{ name: "w", claimName: "weights", purpose: "modelCache" }], [{ name: "w" }]),
        ),
      })
      .map(given),
    engine: optional(
      fc
        .record({
          type: optional(fc.constantFrom(...engineTypes)),
          image: optional(fc.constantFrom("runner:1", "")),
          args: optional(fc.constantFrom({ port: "1" }, { ggufUrl: "https://x/y.gguf" }, { a_b: "-1" })),
          extraArgs: optional(fc.constantFrom(["--address=:1"], ["-tp4"], ["", "x"])),
          contextLength: optional(fc.constantFrom(-1, 0, 4096)),
        })
        .map(given),
    ),
    provider: optional(
      fc.record({ overrides: fc.constantFrom({ spec: { replicas: 1 } }, { metadata: null }, { spec: "x" }) }),
    ),
    serving: optional(
      fc
        .record({
          mode: optional(fc.constantFrom("aggregated", "disaggregated")),
          replicas: optional(fc.constantFrom(0, 2)),
          resources: optional(
            fc
              .record({
                gpu: optional(
                  fc.record({
                    count: fc.constantFrom(0, 1, 2),
                    type: fc.constantFrom("nvidia.com/gpu", "amd.com/gpu"),
                  }),
                ),
                cpu: optional(fc.constantFrom("1", "nonsense")),
              })
              .map(given),
          ),
        })
        .map(given),
    ),
    workload: optional(
      fc
        .record({
          tolerations: optional(fc.constant([{ operator: "Exists" }])),
          podTemplate: optional(
            fc.record({
              spec: fc.constantFrom(
                {},
                { containers: "x" },
                { containers: [{ image: "i" }] },
                { containers: [null] },
                { volumes: { a: 1 } },
              ),
            }),
          ),
        })
        .map(given),
    ),
  })
  .map((spec) => given(spec) as unknown as Partial<ModelDeploymentSpec>);

const naming = (spec: Partial<ModelDeploymentSpec>, provider: string, engine: string): ModelDeployment =>
  written({
    ...spec,
    provider: { ...spec.provider, name: provider },
    engine: { ...spec.engine, type: engine as (typeof engineTypes)[number] },
  });

test("a deployment that would be accepted with some engine and provider is accepted without naming them", async () => {
  const providers = builtInProviders({ ready: true });
  const listProviders = (): InferenceProvider[] => providers;
  const pairs = providers.flatMap(({ metadata, spec }) =>
    (spec.capabilities?.engines ?? []).map(({ name }) => [metadata.name ?? "", name] as const),
  );
  await fc.assert(
    fc.asyncProperty(specs, async (spec) => {
      const open = await admitted(written(spec), { listProviders });
      const wanted = spec.engine?.type;
      for (const [provider, engine] of pairs) {
        if (wanted !== undefined && wanted !== engine) continue;
        const { errors } = await admitted(naming(spec, provider, engine), { listProviders });
        if (errors.length === 0) expect(open.errors).toEqual([]);
      }
    }),
    { numRuns: 200 },
  );
});
