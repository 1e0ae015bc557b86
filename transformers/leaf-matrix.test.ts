import { describe, expect, test } from "vitest";
import { transformerOf } from "./registry.ts";
import { combinations } from "./testing/deployments.ts";
import { exempt, outcomeOf, renderedLeaves } from "./testing/leaf-matrix.ts";

const everyVersion = combinations.flatMap((combination) =>
  (transformerOf(combination.provider)?.apiVersions ?? []).map((version) => ({ ...combination, version })),
);

describe.each(everyVersion)("$provider with $engine $mode in $version loses nothing", (combination) => {
  test.each(renderedLeaves())("%s", (leaf) => {
    expect(outcomeOf(combination, leaf, combination.version).kind).not.toBe("lost");
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
