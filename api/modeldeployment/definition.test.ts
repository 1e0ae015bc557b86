import { expect, test } from "vitest";
import { inferenceProviderDefinition } from "../inferenceprovider/definition.ts";
import { modelDeploymentDefinition } from "./definition.ts";

const modelDeployment = modelDeploymentDefinition({ convert: (object) => object });
const definitions = [modelDeployment, inferenceProviderDefinition()];

test.each(definitions)("$kind stores exactly one version and prefers it", ({ versions }) => {
  expect(versions.filter((version) => version.storage)).toEqual([versions[0]]);
});

test.each(definitions)("$kind takes DNS labels as names", ({ validateName }) => {
  expect(validateName?.("a-1")).toEqual([]);
  for (const name of ["a.b", "A", "-a", "a".repeat(64), ""]) expect(validateName?.(name)).not.toEqual([]);
});

test("every version scales the field it has", () => {
  expect(modelDeployment.versions.map(({ name, scale }) => [name, scale?.specReplicasPath])).toEqual([
    ["v1alpha2", ".spec.serving.replicas"],
    ["v1alpha1", ".spec.scaling.replicas"],
  ]);
});

test("every column of every version ends in a field of its schema", () => {
  for (const { versions } of definitions) {
    for (const { schema, columns } of versions) {
      for (const { name, jsonPath = "" } of columns) {
        if (jsonPath.startsWith(".metadata")) continue;
        let at: typeof schema | undefined = schema;
        for (const step of jsonPath.slice(1).split(".")) {
          at = at?.properties?.get(step.replace("[*]", ""));
          if (step.endsWith("[*]")) at = at?.items;
        }
        expect([name, at?.type]).not.toEqual([name, undefined]);
      }
    }
  }
});
