import { expect, test } from "vitest";
import type { JsonObject } from "../machinery/json/value.ts";
import { admitted, aProvider, written } from "./testing/admission-rig.ts";

const refusal = async (overridePaths: string[], overrides: JsonObject): Promise<readonly string[]> => {
  const provider = aProvider("vllm", { policy: { overridePaths } });
  const { errors } = await admitted(written({ provider: { name: "vllm", overrides } }), {
    listProviders: () => [provider],
  });
  return errors.map((error) => error.slice(0, error.indexOf(":")));
};

const at = "spec.provider.overrides";
const pods = (spec: JsonObject): JsonObject => ({ spec: { template: { spec } } });

test.each<{ says: string; allowed: string[]; overrides: JsonObject; want: string[] }>([
  {
    says: "what is allowed, with all below it",
    allowed: ["spec.template.spec.affinity"],
    overrides: pods({ affinity: { nodeAffinity: {} } }),
    want: [],
  },
  {
    says: "something beside it",
    allowed: ["spec.template.spec.affinity"],
    overrides: { spec: { strategy: { type: "Recreate" }, template: { spec: { affinity: {} } } } },
    want: [`${at}.spec.strategy`],
  },
  { says: "nothing at all", allowed: [], overrides: pods({ affinity: {} }), want: [at] },
  {
    says: "what is above, set to null",
    allowed: ["spec.template.spec.affinity"],
    overrides: { spec: { template: null } },
    want: [`${at}.spec.template`],
  },
  {
    says: "a field of every item of a list",
    allowed: ["spec.template.spec.containers.*.name", "spec.template.spec.containers.*.workingDir"],
    overrides: pods({
      containers: [
        { name: "engine", workingDir: "/w" },
        { name: "x", tty: true },
      ],
    }),
    want: [`${at}.spec.template.spec.containers[1].tty`],
  },
  {
    says: "keys that look like something else",
    allowed: ["spec.template"],
    overrides: JSON.parse('{"__proto__": {"spec": {}}}') as JsonObject,
    want: [`${at}.__proto__`],
  },
])("overrides under a policy: $says", async ({ allowed, overrides, want }) => {
  expect(await refusal(allowed, overrides)).toEqual(want);
});
