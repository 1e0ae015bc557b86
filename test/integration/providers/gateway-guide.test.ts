/** docs/guides/gateway.md: its manifests are valid where the real kinds can be had, and lead to the pods that are rendered. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { renderDeployment } from "../../../admission/render.ts";
import type { ModelDeployment } from "../../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getPath, isObject } from "../../../machinery/json/value.ts";
import { applyDefaults } from "../../../machinery/schema/defaults.ts";
import { prune } from "../../../machinery/schema/prune.ts";
import { compileValidator } from "../../../machinery/schema/validate.ts";
import { decodeYamlDocuments } from "../../../machinery/yaml/decode.ts";
import { loadCustomResourceDefinition } from "../../../server/crds/load.ts";
import { aDeployment } from "../../support/objects.ts";
import { repository } from "../../support/standalone.ts";

const documentsOf = (text: string): JsonObject[] =>
  decodeYamlDocuments(text)
    .map(({ value }) => value)
    .filter(isObject);

const first = (object: JsonObject, ...at: readonly string[]): JsonObject =>
  (getPath(object, ...at) as JsonObject[])[0] ?? {};

const guide = readFileSync(path.join(repository, "docs/guides/gateway.md"), "utf8");
const [pool, route] = [...guide.matchAll(/```yaml\n(.*?)```/gs)].flatMap(([, text = ""]) =>
  documentsOf(text),
);
if (pool === undefined || route === undefined) throw new Error("the guide has no pool or no route");
const name = "llama-split";
const labelsOfPool = getPath(pool, "spec", "selector", "matchLabels") as JsonObject;

const gpu = { resources: { gpu: { count: 1 } } };
const disaggregated = { mode: "disaggregated", resources: undefined, prefill: gpu, decode: gpu };

describe("the pool of the guide", () => {
  test.each<{ says: string; spec: Record<string, object> }>([
    { says: "vllm", spec: { provider: { name: "vllm" } } },
    { says: "llmd", spec: { provider: { name: "llmd" } } },
    { says: "llmd, disaggregated", spec: { provider: { name: "llmd" }, serving: disaggregated } },
  ])("has the pods of $says, at the port where they answer", ({ spec }) => {
    const deployment = aDeployment(name, spec) as unknown as ModelDeployment;
    const { resources, errors } = renderDeployment(deployment);
    expect(errors).toEqual([]);
    const templates = resources
      .filter(({ kind }) => kind === "Deployment")
      .map((workload) => getPath(workload as unknown as JsonValue, "spec", "template"));
    expect(templates.length).toBeGreaterThan(0);
    for (const template of templates) {
      expect(getPath(template, "metadata", "labels")).toMatchObject(labelsOfPool);
      const lists = ["initContainers", "containers"].map((list) => getPath(template, "spec", list));
      const ports = lists
        .flatMap((list) => (Array.isArray(list) ? list : []))
        .flatMap((container) => (getPath(container, "ports") ?? []) as JsonObject[]);
      expect(ports.find((port) => port["name"] === "http")?.["containerPort"]).toBe(
        first(pool, "spec", "targetPorts")["number"],
      );
    }
    if (templates.length < 2) return;
    const roles = templates.map((template) => getPath(template, "metadata", "labels", "llm-d.ai/role"));
    expect(roles.sort()).toEqual(["decode", "prefill"]);
  });

  test("is where the route leads", () => {
    expect(first(first(route, "spec", "rules"), "backendRefs")).toMatchObject({
      kind: pool["kind"] as string,
      name: getPath(pool, "metadata", "name") as string,
    });
  });
});

// The real definitions are not part of this repository; HAWSEPIPE_CRDS names a folder with them.
const folder = process.env["HAWSEPIPE_CRDS"];
describe.skipIf(folder === undefined)("against the real kinds", () => {
  test.each([pool, route])("the manifest of the guide is valid, and has no unknown field", (object) => {
    const files = readdirSync(folder ?? "").filter((file) => file.endsWith(".yaml"));
    const definition = files
      .flatMap((file) => documentsOf(readFileSync(path.join(folder ?? "", file), "utf8")))
      .filter((manifest) => getPath(manifest, "spec", "names", "kind") === object["kind"])
      .map((manifest) => loadCustomResourceDefinition(manifest).definition)[0];
    const version = definition?.versions.find(
      (each) => `${definition.group}/${each.name}` === object["apiVersion"],
    );
    if (version === undefined) throw new Error("no such kind among the definitions");
    expect(prune(structuredClone(object), version.schema)).toEqual([]);
    const complete = structuredClone(object);
    applyDefaults(complete, version.schema);
    expect(compileValidator(version.schema).validate(complete)).toEqual([]);
  });
});
