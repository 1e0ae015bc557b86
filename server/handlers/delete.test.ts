import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { internalError } from "../../api/errors/catalogue.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { Answer, Rig } from "../testing/rig.ts";
import { openRig } from "../testing/rig.ts";
import { aWidget } from "../testing/widget.ts";

const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";
let rig: Rig;

/** The one admission lets nobody delete. */
let forbidden: string | undefined;

beforeEach(async () => {
  forbidden = undefined;
  rig = await openRig({
    plugins: [
      {
        name: "keeper",
        handles: ({ operation }) => operation === "DELETE",
        validate: ({ oldObject = {} }) =>
          meta(oldObject, "name") === forbidden
            ? Promise.reject(internalError(`${String(forbidden)} stays`))
            : Promise.resolve(),
      },
    ],
  });
});
afterEach(async () => {
  await rig.close();
});

const create = async (name: string, metadata: JsonObject = {}): Promise<JsonObject> =>
  (await rig.call("POST", widgets, { body: aWidget(name, { metadata: { name, ...metadata } }) })).json;
const remove = (name: string, body?: JsonValue, query = ""): Promise<Answer> =>
  rig.call("DELETE", `${widgets}/${name}${query}`, body === undefined ? {} : { body });
const meta = (object: JsonObject, field: string) => getPath(object, "metadata", field);
const names = async (): Promise<unknown[]> =>
  ((await rig.call("GET", widgets)).json["items"] as JsonObject[]).map((item) => meta(item, "name"));

describe("delete", () => {
  test("marks an object that has finalizers, once", async () => {
    await create("f", { finalizers: ["a.io/b"] });
    const watch = await rig.watch(`${widgets}?watch=1&resourceVersion=4`);
    await rig.clock.advance(2_500);
    const first = await remove("f");
    expect(first.status).toBe(200);
    expect(meta(first.json, "deletionTimestamp")).toBe("2026-01-02T03:04:07Z");
    expect(meta(first.json, "deletionGracePeriodSeconds")).toBe(0);
    expect(meta(first.json, "generation")).toBe(2);
    await rig.clock.advance(60_000);
    expect((await remove("f")).text).toBe(first.text);
    expect(watch.summary()).toEqual(["MODIFIED f@5"]);
    await watch.stop();
  });

  test.each<{ says: string; before: string[]; options: JsonObject; after: string[] | "gone" }>([
    { says: "nothing", before: [], options: {}, after: "gone" },
    { says: "Background", before: [], options: { propagationPolicy: "Background" }, after: "gone" },
    {
      says: "Foreground",
      before: [],
      options: { propagationPolicy: "Foreground" },
      after: ["foregroundDeletion"],
    },
    {
      says: "Orphan",
      before: ["a.io/b"],
      options: { propagationPolicy: "Orphan" },
      after: ["a.io/b", "orphan"],
    },
    { says: "orphanDependents", before: [], options: { orphanDependents: true }, after: ["orphan"] },
    {
      says: "no policy over a finalizer of the collector",
      before: ["orphan"],
      options: {},
      after: ["orphan"],
    },
    {
      says: "Foreground over orphan",
      before: ["orphan"],
      options: { propagationPolicy: "Foreground" },
      after: ["foregroundDeletion"],
    },
    {
      says: "Background over orphan",
      before: ["orphan"],
      options: { propagationPolicy: "Background" },
      after: "gone",
    },
  ])("with $says leaves the right finalizers", async ({ before, options, after }) => {
    await create("w", before.length > 0 ? { finalizers: before } : {});
    const answer = await remove("w", { kind: "DeleteOptions", apiVersion: "v1", ...options });
    const found = await rig.call("GET", `${widgets}/w`);
    if (after === "gone") {
      expect([answer.json["status"], found.status]).toEqual(["Success", 404]);
    } else {
      expect(meta(answer.json, "finalizers")).toEqual(after);
      expect(found.text).toBe(answer.text);
    }
  });

  test("takes its options from the query when there is no body", async () => {
    await create("w");
    const answer = await remove("w", undefined, "?propagationPolicy=Foreground&dryRun=All");
    expect(meta(answer.json, "finalizers")).toEqual(["foregroundDeletion"]);
    expect(meta((await rig.call("GET", `${widgets}/w`)).json, "finalizers")).toBeUndefined();
  });

  test.each<{ says: string; options: JsonObject; code: number; message: string }>([
    {
      says: "an unknown policy",
      options: { propagationPolicy: "x" },
      code: 422,
      message:
        'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "x": supported values: "Foreground", "Background", "Orphan", "nil"',
    },
    {
      says: "both ways of orphaning",
      options: { propagationPolicy: "Orphan", orphanDependents: true },
      code: 422,
      message:
        'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
    },
    {
      says: "another uid",
      options: { preconditions: { uid: "bad" } },
      code: 409,
      message:
        'Operation cannot be fulfilled on Widget.lab.example.com "w": the UID in the precondition (bad) does not match the UID in record (00000000-0000-4000-8000-000000000003). The object might have been deleted and then recreated',
    },
    {
      says: "another resourceVersion",
      options: { preconditions: { resourceVersion: "1" } },
      code: 409,
      message:
        'Operation cannot be fulfilled on Widget.lab.example.com "w": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (4). The object might have been modified',
    },
  ])("refuses $says", async ({ options, code, message }) => {
    await create("w");
    const answer = await remove("w", { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1", ...options });
    expect([answer.status, answer.json["message"]]).toEqual([code, message]);
    expect(await names()).toEqual(["w"]);
  });

  test("refuses options of another kind", async () => {
    await create("w");
    const answer = await remove("w", { kind: "Foo", apiVersion: "v1" });
    expect(answer.status).toBe(400);
    expect(answer.json["message"]).toMatch(/^no kind "Foo" is registered for version "v1" in scheme /);
  });

  test("gives a name free: the next object has a new uid and a larger revision", async () => {
    const first = await create("w");
    await remove("w");
    const second = await create("w");
    expect(meta(second, "uid")).not.toBe(meta(first, "uid"));
    expect(meta(second, "generation")).toBe(1);
    expect(Number(meta(second, "resourceVersion"))).toBeGreaterThan(
      Number(meta(first, "resourceVersion")) + 1,
    );
  });

  test("of what is not there is NotFound", async () => {
    expect((await remove("x")).text).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"widgets.lab.example.com \\"x\\" not found","reason":"NotFound","details":{"name":"x","group":"lab.example.com","kind":"widgets"},"code":404}\n',
    );
  });
});

describe("deletecollection", () => {
  test("deletes what is selected, marks what is held, answers the list as it was", async () => {
    await create("a", { labels: { app: "x" } });
    await create("b", { labels: { app: "x" }, finalizers: ["a.io/b"] });
    await create("c", { labels: { app: "y" } });
    const answer = await rig.call("DELETE", `${widgets}?labelSelector=app%3Dx`, {
      body: { propagationPolicy: "Background" },
    });
    expect(answer.json["kind"]).toBe("WidgetList");
    expect((answer.json["items"] as JsonObject[]).map((item) => meta(item, "deletionTimestamp"))).toEqual([
      undefined,
      undefined,
    ]);
    expect(await names()).toEqual(["b", "c"]);
    expect(meta((await rig.call("GET", `${widgets}/b`)).json, "deletionTimestamp")).toBeDefined();
  });

  test("is done although the answer cannot take the form that was asked for", async () => {
    await create("a");
    const form = "as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    const answer = await rig.call("DELETE", widgets, { accept: `application/json;${form}` });
    expect([answer.status, answer.json["message"]]).toEqual([
      406,
      "you requested PartialObjectMetadata, but the requested object is a list (*unstructured.UnstructuredList)",
    ]);
    expect(await names()).toEqual([]);
  });

  test("goes through the list in its order, and ends where one may not go", async () => {
    for (const name of ["c", "a", "b"]) await create(name);
    const { resourceVersion } = (await rig.call("GET", widgets)).json["metadata"] as {
      resourceVersion: string;
    };
    const watch = await rig.watch(`${widgets}?watch=1&resourceVersion=${resourceVersion}`);
    forbidden = "b";
    const answer = await rig.call("DELETE", widgets);
    expect([answer.status, answer.json["message"]]).toEqual([500, "Internal error occurred: b stays"]);
    expect(await names()).toEqual(["b", "c"]);
    forbidden = undefined;
    await rig.call("DELETE", widgets);
    expect(watch.summary().map((line) => line.split("@")[0])).toEqual([
      "DELETED a",
      "DELETED b",
      "DELETED c",
    ]);
    await watch.stop();
  });

  test("of nothing answers an empty list", async () => {
    expect((await rig.call("DELETE", widgets)).text).toBe(
      '{"apiVersion":"lab.example.com/v1","items":[],"kind":"WidgetList","metadata":{"continue":"","resourceVersion":"3"}}\n',
    );
  });

  test("never reaches across namespaces", async () => {
    await create("a");
    const answer = await rig.call("DELETE", "/apis/lab.example.com/v1/widgets");
    expect([answer.status, answer.text]).toEqual([404, "404 page not found\n"]);
    expect(await names()).toEqual(["a"]);
  });
});

describe("namespaces", () => {
  test("carry their finalizer and label, terminate, and go when finalized", async () => {
    const path = "/api/v1/namespaces/other";
    const before = (await rig.call("GET", path)).json;
    expect(before["spec"]).toEqual({ finalizers: ["kubernetes"] });
    expect(before["status"]).toEqual({ phase: "Active" });
    expect(meta(before, "labels")).toEqual({ "kubernetes.io/metadata.name": "other" });
    const after = (await rig.call("DELETE", path)).json;
    expect(after["status"]).toEqual({ phase: "Terminating" });
    expect(meta(after, "deletionTimestamp")).toBeDefined();
    const finalized = await rig.call("PUT", `${path}/finalize`, { body: { ...after, spec: {} } });
    expect(finalized.status).toBe(200);
    expect((await rig.call("GET", path)).status).toBe(404);
  });

  test("without which a cluster cannot be are not deleted", async () => {
    const answer = await rig.call("DELETE", "/api/v1/namespaces/default");
    expect([answer.status, answer.json["message"]]).toEqual([
      403,
      'namespaces "default" is forbidden: this namespace may not be deleted',
    ]);
  });
});
