import { expect, test } from "vitest";
import { convertLlamaStackDistribution } from "../conversion/llamastackdistribution/converter.ts";
import type { JsonObject } from "../machinery/json/value.ts";
import type { AdmissionAttributes } from "../server/admission/plugin.ts";
import { wholeObjectPlugin } from "./whole-object-plugin.ts";

const plugin = wholeObjectPlugin();

const whole: JsonObject = {
  apiVersion: "hawsepipe.dev/v1alpha2",
  kind: "LlamaStackDistribution",
  metadata: { name: "chat", namespace: "n" },
  spec: {
    distribution: { name: "starter" },
    providers: { inference: [{ provider: "vllm", settings: { text: "x".repeat(300_000) } }] },
  },
};
const through = (version: "v1alpha1" | "v1alpha2", object: JsonObject): JsonObject =>
  convertLlamaStackDistribution(object, version).object;

const updating = (object: JsonObject, edit: Partial<AdmissionAttributes> = {}): AdmissionAttributes => ({
  operation: "UPDATE",
  user: { name: "u", groups: [] },
  resource: { group: "hawsepipe.dev", version: "v1alpha2", resource: "llamastackdistributions" },
  kind: { group: "hawsepipe.dev", version: "v1alpha2", kind: "LlamaStackDistribution" },
  subresource: "",
  namespace: "n",
  name: "chat",
  object,
  oldObject: whole,
  options: {},
  dryRun: false,
  requestVersion: "v1alpha1",
  clientPath: (path) => path,
  warn: () => undefined,
  annotate: () => undefined,
  call: new AbortController(),
  ...edit,
});

test("what v1alpha1 could not carry is not taken back from there", async () => {
  const attributes = updating(through("v1alpha2", through("v1alpha1", whole)));
  expect(plugin.handles(attributes)).toBe(true);
  await expect(plugin.validate?.(attributes)).rejects.toThrow(
    'LlamaStackDistribution.hawsepipe.dev "chat" is invalid: metadata.annotations[hawsepipe.dev/v1alpha2-stash]: Forbidden: the object holds more than v1alpha1 can carry; write it as v1alpha2',
  );
});

test("the whole object is", () => {
  expect(plugin.handles(updating(whole))).toBe(false);
  expect(plugin.handles(updating(whole, { subresource: "status" }))).toBe(false);
});

test("a status from there would bring the part with it", () => {
  const partial = through("v1alpha2", through("v1alpha1", whole));
  expect(plugin.handles(updating(partial, { subresource: "status" }))).toBe(true);
});
