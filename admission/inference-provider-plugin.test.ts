import { expect, test } from "vitest";
import type { SelectionRule } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { JsonObject } from "../machinery/json/value.ts";
import type { AdmissionAttributes } from "../server/admission/plugin.ts";
import { inferenceProviderPlugin } from "./inference-provider-plugin.ts";
import { builtInProviders } from "./built-in-providers.ts";
import { aProvider } from "./testing/admission-rig.ts";

const plugin = inferenceProviderPlugin();

function attributes(rules: SelectionRule[], old?: SelectionRule[]): AdmissionAttributes {
  const object = (selectionRules: SelectionRule[]): JsonObject =>
    aProvider("x", { selectionRules }) as unknown as JsonObject;
  const group = "hawsepipe.dev";
  return {
    operation: old === undefined ? "CREATE" : "UPDATE",
    user: { name: "admin", groups: [] },
    resource: { group, version: "v1alpha1", resource: "inferenceproviders" },
    kind: { group, version: "v1alpha1", kind: "InferenceProvider" },
    subresource: "",
    namespace: "",
    name: "x",
    object: object(rules),
    ...(old === undefined ? {} : { oldObject: object(old) }),
    options: {},
    dryRun: false,
    requestVersion: "v1alpha1",
    clientPath: (path) => path,
    warn: () => undefined,
    annotate: () => undefined,
    call: new AbortController(),
  };
}

test.each(["spec.nonsense == 1", "spec.engine.type ==", "spec.engine.type"])(
  "refuses the rule %s",
  async (condition) => {
    await expect(plugin.validate?.(attributes([{ condition: "true" }, { condition }]))).rejects.toMatchObject(
      {
        code: 422,
        details: { causes: [{ field: "spec.selectionRules[1].condition" }] },
      },
    );
  },
);

test("takes the rules of the built-in providers", async () => {
  for (const { spec } of builtInProviders()) {
    await expect(plugin.validate?.(attributes(spec.selectionRules ?? []))).resolves.toBeUndefined();
  }
});

test("does not ask again while the spec stays", () => {
  const rules = [{ condition: "spec.nonsense == 1" }];
  expect(plugin.handles(attributes(rules, structuredClone(rules)))).toBe(false);
  expect(plugin.handles(attributes(rules, []))).toBe(true);
});
