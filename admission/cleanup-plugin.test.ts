import { expect, test } from "vitest";
import type { JsonObject } from "../machinery/json/value.ts";
import type { AdmissionAttributes } from "../server/admission/plugin.ts";
import { cleanupPlugin } from "./cleanup-plugin.ts";

const plugin = cleanupPlugin();
const cleanup = "hawsepipe.dev/cleanup";

/** The finalizers of a deployment after admission; undefined where the plugin has no say. */
async function finalizersOf(object: JsonObject, edit: Partial<AdmissionAttributes> = {}): Promise<unknown> {
  const attributes: AdmissionAttributes = {
    operation: "CREATE",
    user: { name: "u", groups: [] },
    resource: { group: "hawsepipe.dev", version: "v1alpha2", resource: "modeldeployments" },
    kind: { group: "hawsepipe.dev", version: "v1alpha2", kind: "ModelDeployment" },
    subresource: "",
    namespace: "n",
    name: "m",
    object,
    options: {},
    dryRun: false,
    requestVersion: "v1alpha2",
    clientPath: (path) => path,
    warn: () => undefined,
    annotate: () => undefined,
    call: new AbortController(),
    ...edit,
  };
  if (!plugin.handles(attributes)) return undefined;
  await plugin.admit?.(attributes);
  return (object["metadata"] as JsonObject)["finalizers"];
}

const aDeployment = (spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject => ({
  metadata: { name: "m", ...metadata },
  spec: { model: { id: "a/b" }, ...spec },
});

test("a new deployment is kept until it is cleaned up", async () => {
  expect(await finalizersOf(aDeployment())).toEqual([cleanup]);
});

test("the finalizers it comes with stay, and ours is there once", async () => {
  expect(await finalizersOf(aDeployment({}, { finalizers: ["example.com/x"] }))).toEqual([
    "example.com/x",
    cleanup,
  ]);
  expect(await finalizersOf(aDeployment({}, { finalizers: [cleanup] }))).toEqual([cleanup]);
});

test.each<{ says: string; object: JsonObject; edit?: Partial<AdmissionAttributes> }>([
  { says: "what is created paused, of which nothing is rendered", object: aDeployment({ paused: true }) },
  {
    says: "an update, which may be what takes the finalizer off",
    object: aDeployment(),
    edit: { operation: "UPDATE" },
  },
  {
    says: "other kinds",
    object: aDeployment(),
    edit: { resource: { group: "hawsepipe.dev", version: "v1alpha1", resource: "inferenceproviders" } },
  },
])("has no say about $says", async ({ object, edit }) => {
  expect(await finalizersOf(object, edit)).toBeUndefined();
});
