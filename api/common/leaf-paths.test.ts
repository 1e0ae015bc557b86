import { expect, test } from "vitest";
import v1alpha1 from "../generated/modeldeployment.v1alpha1.json" with { type: "json" };
import v1alpha2 from "../generated/modeldeployment.v1alpha2.json" with { type: "json" };
import { leafPaths } from "./leaf-paths.ts";
import { loadSchema } from "./load.ts";

test.each<{ says: string; schema: unknown; want: string[] }>([
  {
    says: "scalars, lists and maps of scalars and free-form objects are leaves",
    schema: {
      type: "object",
      properties: {
        a: { type: "string" },
        list: { type: "array", items: { type: "string" } },
        map: { type: "object", additionalProperties: { type: "string" } },
        any: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      },
    },
    want: ["a", "list", "map", "any"],
  },
  {
    says: "objects inside lists and maps are gone through",
    schema: {
      type: "object",
      properties: {
        list: { type: "array", items: { type: "object", properties: { b: { type: "string" } } } },
        map: {
          type: "object",
          additionalProperties: { type: "object", properties: { c: { type: "string" } } },
        },
      },
    },
    want: ["list[].b", "map.*.c"],
  },
])("$says", ({ schema, want }) => {
  expect(leafPaths(loadSchema(schema, "a test"))).toEqual(want);
});

test("a schema that is not structural cannot be loaded", () => {
  expect(() => loadSchema({ type: "object", properties: { a: {} } }, "a test")).toThrow(
    "a test is not structural",
  );
});

test("the versions of ModelDeployment differ in the leaves the conversion knows of, and in no others", () => {
  const specLeaves = (generated: unknown) =>
    new Set(leafPaths(loadSchema(generated, "ModelDeployment")).filter((path) => path.startsWith("spec")));
  expect(specLeaves(v1alpha2).size - specLeaves(v1alpha1).size).toBe(
    // port, podTemplate.spec, paused, tokenSecretRef.key, cpu of two components; less spec.image
    6 - 1,
  );
});
