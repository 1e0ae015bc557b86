import { describe, expect, test } from "vitest";
import { transformerOf } from "./registry.ts";
import type { ModelDeployment, ServingResources } from "../api/modeldeployment/v1alpha2/types.ts";
import { testBackendAnnotation } from "./dynamo/mocker.ts";
import type { Combination } from "./testing/deployments.ts";
import { combinations, fullDeployment } from "./testing/deployments.ts";
import { exempt, outcomeOf, renderedLeaves } from "./testing/leaf-matrix.ts";

const everyVersion = combinations.flatMap((combination) =>
  (transformerOf(combination.provider)?.apiVersions ?? []).map((version) => ({ ...combination, version })),
);

describe.each(everyVersion)("$provider with $engine $mode in $version loses nothing", (combination) => {
  test.each(renderedLeaves())("%s", (leaf) => {
    expect(outcomeOf(combination, leaf, combination.version).kind).not.toBe("lost");
  });
});

/** Deployments in which a field decides what becomes of others. */
const bases: readonly {
  readonly base: string;
  readonly of: (full: ModelDeployment) => ModelDeployment;
  /** All when absent. */
  readonly has?: (combination: Combination) => boolean;
}[] = [
  {
    base: "no accelerators",
    of: ({ spec, ...rest }) => {
      const { resources, prefill, decode } = spec.serving ?? {};
      const without = (given: ServingResources = {}): ServingResources => ({
        ...given,
        gpu: { ...given.gpu, count: 0 },
      });
      const serving = {
        ...spec.serving,
        resources: without(resources),
        prefill: { ...prefill, resources: without(prefill?.resources) },
        decode: { ...decode, resources: without(decode?.resources) },
      };
      return { ...rest, spec: { ...spec, serving } };
    },
  },
  {
    base: "a model of its own",
    of: ({ spec, ...rest }) => ({ ...rest, spec: { ...spec, model: { ...spec.model, source: "custom" } } }),
  },
  {
    base: "no gateway",
    of: ({ spec, ...rest }) => {
      const gateway = { ...spec.networking?.gateway, enabled: false };
      return { ...rest, spec: { ...spec, networking: { ...spec.networking, gateway } } };
    },
  },
  {
    base: "the stand-in for an engine",
    has: ({ provider, engine }) => provider === "dynamo" && engine === "vllm",
    of: ({ metadata, ...rest }) => ({
      ...rest,
      metadata: { ...metadata, annotations: { [testBackendAnnotation]: "mocker" } },
    }),
  },
];

describe.each(bases)("with $base no field is lost", ({ of, has = () => true }) => {
  const served = everyVersion.filter(has);
  test.each(served)("$provider with $engine $mode in $version", (combination) => {
    const full = of(fullDeployment(combination));
    const lost = renderedLeaves().filter(
      (leaf) => outcomeOf(combination, leaf, combination.version, full).kind === "lost",
    );
    expect(lost).toEqual([]);
  });
});

test("every provider honours what makes a deployment", () => {
  for (const combination of combinations) {
    const replicas =
      combination.mode === undefined ? "spec.serving.replicas" : "spec.serving.decode.replicas";
    for (const leaf of [replicas, "spec.engine.image", "spec.model.tokenSecretRef.name"]) {
      expect([combination, leaf, outcomeOf(combination, leaf).kind]).toEqual([combination, leaf, "honoured"]);
    }
  }
});

test("plain vLLM honours every field of the workload", () => {
  const lost = renderedLeaves()
    .filter((leaf) => leaf.startsWith("spec.workload."))
    .filter((leaf) => outcomeOf({ provider: "vllm", engine: "vllm" }, leaf).kind !== "honoured");
  expect(lost).toEqual([]);
});

test("fields that need no answer exist", () => {
  expect(Object.keys(exempt).filter((leaf) => renderedLeaves().includes(leaf))).toEqual([]);
});
