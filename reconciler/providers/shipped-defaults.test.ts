import { expect, test } from "vitest";
import type { KubeObject } from "../../api/meta/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { shippedDefaultsAnnotation, withoutRemoved } from "./shipped-defaults.ts";

const engines = (...names: readonly string[]): JsonObject => ({
  capabilities: { engines: names.map((name) => ({ name, servingModes: ["aggregated", "disaggregated"] })) },
});
const liveWith = (spec: JsonObject, shipped?: JsonObject | string): KubeObject => ({
  apiVersion: "hawsepipe.dev/v1alpha1",
  kind: "InferenceProvider",
  metadata: {
    name: "dynamo",
    annotations:
      shipped === undefined
        ? {}
        : { [shippedDefaultsAnnotation]: typeof shipped === "string" ? shipped : JSON.stringify(shipped) },
  },
  spec,
});

const rules = [{ condition: "true", priority: 1 }];

test.each([
  {
    says: "a provider that is not there gets everything",
    defaults: engines("vllm"),
    live: undefined,
    applied: engines("vllm"),
  },
  {
    says: "a provider an administrator created before us gets everything",
    defaults: engines("vllm"),
    live: liveWith({}),
    applied: engines("vllm"),
  },
  {
    says: "an engine that was taken out stays out",
    defaults: engines("vllm", "trtllm"),
    live: liveWith(engines("vllm"), engines("vllm", "trtllm")),
    applied: engines("vllm"),
  },
  {
    says: "a serving mode that was taken out stays out",
    defaults: engines("vllm"),
    live: liveWith(
      { capabilities: { engines: [{ name: "vllm", servingModes: ["aggregated"] }] } },
      engines("vllm"),
    ),
    applied: { capabilities: { engines: [{ name: "vllm", servingModes: ["aggregated"] }] } },
  },
  {
    says: "rules that were taken out stay out",
    defaults: { ...engines("vllm"), selectionRules: rules },
    live: liveWith(engines("vllm"), { ...engines("vllm"), selectionRules: rules }),
    applied: engines("vllm"),
  },
  {
    says: "an engine that is shipped for the first time arrives, beside one that was taken out",
    defaults: engines("vllm", "trtllm", "sglang"),
    live: liveWith(engines("vllm"), engines("vllm", "trtllm")),
    applied: engines("vllm", "sglang"),
  },
  {
    says: "what a value became is left to the conflict that an apply has with it",
    defaults: { selectionRules: rules },
    live: liveWith({ selectionRules: [{ condition: "false" }] }, { selectionRules: rules }),
    applied: { selectionRules: rules },
  },
  {
    says: "false is there",
    defaults: { a: false },
    live: liveWith({ a: false }, { a: false }),
    applied: { a: false },
  },
  {
    says: "an annotation that is no JSON says nothing",
    defaults: engines("vllm"),
    live: liveWith({}, "{"),
    applied: engines("vllm"),
  },
])("$says", ({ defaults, live, applied }) => {
  expect(withoutRemoved(defaults, live)).toEqual(applied);
});
