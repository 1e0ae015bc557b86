/** What admission plugins see and may do, through the whole server. */
import { afterEach, describe, expect, test } from "vitest";
import { forbidden } from "../../api/errors/catalogue.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson, getPath, setPath } from "../../machinery/json/value.ts";
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import type { Rig } from "../testing/rig.ts";
import { openRig, textAt } from "../testing/rig.ts";
import { aWidget, structural, widgetDefinition } from "../testing/widget.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./plugin.ts";

const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";
let rig: Rig;
afterEach(async () => {
  await rig.close();
});

/** Records what it is asked, and does what the test wants. */
function probe(act: (attributes: AdmissionAttributes) => void = () => undefined): {
  plugin: AdmissionPlugin;
  seen: string[];
} {
  const seen: string[] = [];
  const note = (step: string, a: AdmissionAttributes): void => {
    seen.push(`${step} ${a.operation} ${a.name}${a.subresource === "" ? "" : `/${a.subresource}`}`);
  };
  return {
    seen,
    plugin: {
      name: "Probe",
      handles: (a) => a.resource.resource === "widgets",
      async admit(a) {
        note("admit", a);
        act(a);
      },
      async validate(a) {
        note("validate", a);
      },
    },
  };
}

describe("admission", () => {
  test("is asked once per write, before and after validation; deletion has no object", async () => {
    const { plugin, seen } = probe();
    rig = await openRig({ plugins: [plugin] });
    await rig.call("POST", widgets, { body: aWidget("w") });
    await rig.call("PATCH", `${widgets}/w/status`, {
      body: { status: { phase: "x" } },
      type: "application/merge-patch+json",
    });
    await rig.call("POST", widgets, { body: aWidget("bad", { spec: { color: "pink" } }) });
    await rig.call("DELETE", `${widgets}/w`);
    expect(seen).toEqual([
      "admit CREATE w",
      "validate CREATE w",
      "admit UPDATE w/status",
      "validate UPDATE w/status",
      "admit CREATE bad",
      "admit DELETE w",
      "validate DELETE w",
    ]);
  });

  test("sees the defaulted object with its managers, and what it adds is defaulted, pruned and unowned", async () => {
    let saw: JsonObject | undefined;
    const { plugin } = probe((a) => {
      if (a.object === undefined || a.operation !== "CREATE") return;
      saw = cloneJson(a.object);
      setPath(a.object, ["metadata", "labels"], { added: "yes" });
      setPath(a.object, ["spec", "bogus"], 1);
      Reflect.deleteProperty(a.object["spec"] as JsonObject, "enabled");
    });
    rig = await openRig({ plugins: [plugin] });
    const created = await rig.call("POST", `${widgets}?fieldManager=m`, { body: aWidget("w") });
    expect(getPath(saw, "spec", "replicas")).toBe(1);
    expect(getPath(saw, "metadata", "managedFields")).toHaveLength(1);
    expect(created.json["spec"]).toEqual({ color: "red", enabled: true, replicas: 1 });
    expect(getPath(created.json, "metadata", "labels")).toEqual({ added: "yes" });
    const [entry] = getPath(created.json, "metadata", "managedFields") as JsonObject[];
    expect(getPath(entry, "fieldsV1")).not.toHaveProperty("f:metadata");
  });

  test("of an apply that adds something leaves the next equal apply without effect", async () => {
    const { plugin } = probe((a) => {
      if (a.object !== undefined) setPath(a.object, ["metadata", "labels", "added"], "yes");
    });
    rig = await openRig({ plugins: [plugin] });
    const apply = () =>
      rig.call("PATCH", `${widgets}/w?fieldManager=m`, {
        body: {
          apiVersion: "lab.example.com/v1",
          kind: "Widget",
          metadata: { name: "w" },
          spec: { color: "blue" },
        },
        type: "application/apply-patch+yaml",
      });
    const first = await apply();
    expect(getPath(first.json, "metadata", "labels")).toEqual({ added: "yes" });
    expect((await apply()).text).toBe(first.text);
  });

  test("refuses with its own error, and nothing is stored", async () => {
    const { plugin } = probe((a) => {
      throw forbidden(a.resource, a.name, "because");
    });
    rig = await openRig({ plugins: [plugin] });
    const answer = await rig.call("POST", widgets, { body: aWidget("w") });
    expect([answer.status, answer.json["message"]]).toEqual([
      403,
      'widgets.lab.example.com "w" is forbidden: because',
    ]);
    expect((await rig.call("GET", widgets)).json["items"]).toEqual([]);
  });

  test("is told of dry runs and options, and can warn", async () => {
    let attributes: AdmissionAttributes | undefined;
    const { plugin } = probe((a) => {
      attributes = a;
      a.warn("careful");
    });
    rig = await openRig({ plugins: [plugin] });
    const answer = await rig.call("POST", `${widgets}?dryRun=All&fieldManager=m`, { body: aWidget("w") });
    expect(answer.warnings).toEqual(["careful"]);
    expect(attributes?.dryRun).toBe(true);
    expect(attributes?.options).toEqual({
      kind: "CreateOptions",
      apiVersion: "meta.k8s.io/v1",
      dryRun: ["All"],
      fieldManager: "m",
    });
  });

  test("of deletecollection is asked for each object, which has no name then", async () => {
    const { plugin, seen } = probe();
    rig = await openRig({ plugins: [plugin] });
    await rig.call("POST", widgets, { body: aWidget("a") });
    await rig.call("POST", widgets, { body: aWidget("b") });
    seen.length = 0;
    await rig.call("DELETE", widgets);
    expect(seen).toEqual(["admit DELETE ", "validate DELETE ", "admit DELETE ", "validate DELETE "]);
  });
});

/** v1 calls `size` what v2, the hub, calls `spec.width`. */
function resizedDefinition(): ResourceDefinition {
  const schema = (field: string): ReturnType<typeof structural> =>
    structural({
      type: "object",
      properties: {
        spec: { type: "object", properties: { [field]: { type: "integer", maximum: 9 } } },
      },
    });
  return widgetDefinition({
    versions: [
      { name: "v2", served: true, storage: true, schema: schema("width"), columns: [] },
      { name: "v1", served: true, storage: false, schema: schema("size"), columns: [] },
    ],
    converter: {
      convert(object, toVersion) {
        const [from, to] = toVersion === "v2" ? ["size", "width"] : ["width", "size"];
        const copy = cloneJson(object);
        copy["apiVersion"] = `lab.example.com/${toVersion}`;
        const value = getPath(copy, "spec", from);
        if (value !== undefined) copy["spec"] = { [to]: value };
        return copy;
      },
      translatePath: (path) => path.replace("width", "size"),
    },
  });
}

describe("a kind with several versions", () => {
  const v2 = widgets.replace("/v1/", "/v2/");

  test("is admitted in the hub version, validated in the client's, stored and served in both", async () => {
    let hub: JsonObject | undefined;
    let path = "";
    const { plugin } = probe((a) => {
      if (a.object === undefined) return;
      hub = cloneJson(a.object);
      path = a.clientPath("spec.width");
      if (a.operation === "CREATE") setPath(a.object, ["spec", "width"], 5);
    });
    rig = await openRig({ definitions: [resizedDefinition()], plugins: [plugin] });
    const created = await rig.call("POST", widgets, { body: aWidget("w", { spec: { size: 3 } }) });
    expect([hub?.["apiVersion"], hub?.["spec"], path]).toEqual([
      "lab.example.com/v2",
      { width: 3 },
      "spec.size",
    ]);
    expect(created.json["spec"]).toEqual({ size: 5 });
    const asV2 = await rig.call("GET", `${v2}/w`);
    expect(asV2.json["spec"]).toEqual({ width: 5 });
    expect(textAt(asV2.json, "metadata", "uid")).toBe(textAt(created.json, "metadata", "uid"));

    const refused = await rig.call("PATCH", `${widgets}/w`, {
      body: { spec: { size: 10 } },
      type: "application/merge-patch+json",
    });
    expect(refused.json["message"]).toBe(
      'Widget.lab.example.com "w" is invalid: spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9',
    );
  });

  test("tells watchers of each version in their words, and changes nothing when a client only speaks another", async () => {
    rig = await openRig({ definitions: [resizedDefinition()] });
    const one = await rig.watch(`${widgets}?watch=1&resourceVersion=3`);
    const two = await rig.watch(`${v2}?watch=1&resourceVersion=3`);
    await rig.call("POST", widgets, { body: aWidget("w", { spec: { size: 3 } }) });
    const { json } = await rig.call("GET", `${v2}/w`);
    const same = await rig.call("PUT", `${v2}/w`, { body: json });
    expect(same.json).toEqual(json);
    expect(one.frames().map(({ object }) => object["spec"])).toEqual([{ size: 3 }]);
    expect(two.frames().map(({ object }) => object["spec"])).toEqual([{ width: 3 }]);
    await one.stop();
    await two.stop();
  });
});
