import { expect, test } from "vitest";
import type { Structural } from "../../machinery/schema/structural.ts";
import { inferenceProviderDefinition } from "../inferenceprovider/definition.ts";
import { modelDeploymentDefinition } from "./definition.ts";

const modelDeployment = modelDeploymentDefinition({ convert: (object) => object });
const definitions = [modelDeployment, inferenceProviderDefinition()];

test.each(definitions)("$kind stores exactly one version and prefers it", ({ versions }) => {
  expect(versions.filter((version) => version.storage)).toEqual([versions[0]]);
});

test("every version scales the field it has", () => {
  expect(modelDeployment.versions.map(({ name, scale }) => [name, scale?.specReplicasPath])).toEqual([
    ["v1alpha2", ".spec.serving.replicas"],
    ["v1alpha1", ".spec.scaling.replicas"],
  ]);
});

const columns = definitions.flatMap(({ kind, versions }) =>
  versions.flatMap((version) =>
    version.columns.map((column) => ({ kind, version: version.name, schema: version.schema, column })),
  ),
);

test.each(columns)(
  "$kind $version: column $column.name shows a field of the schema or of metadata",
  ({ schema, column }) => {
    const { jsonPath = "" } = column;
    let at: Structural | undefined = schema;
    for (const step of jsonPath.slice(1).split(".")) {
      at = at?.properties?.get(step.replace("[*]", ""));
      if (step.endsWith("[*]")) at = at?.items;
    }
    expect(at?.type !== undefined || jsonPath.startsWith(".metadata")).toBe(true);
  },
);
