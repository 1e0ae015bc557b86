import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { Answer, Rig } from "../testing/rig.ts";
import { openRig, textAt } from "../testing/rig.ts";

const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";
let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
});
afterEach(async () => {
  await rig.close();
});

const config = (more: string): string =>
  `apiVersion: lab.example.com/v1\nkind: Widget\nmetadata: {name: w1}\n${more}`;
const apply = (body: string, query: string, path = `${widgets}/w1`): Promise<Answer> =>
  rig.call("PATCH", `${path}?${query}`, { body, type: "application/apply-patch+yaml" });
const managers = (answer: Answer): string[] =>
  (getPath(answer.json, "metadata", "managedFields") as JsonObject[]).map(
    (entry) => `${textAt(entry, "manager")}/${textAt(entry, "operation")}/${textAt(entry, "subresource")}`,
  );

describe("apply", () => {
  test("creates with 201, owns what it lists, and is silent when repeated", async () => {
    const created = await apply(config("spec: {color: blue}"), "fieldManager=m1");
    expect([created.status, getPath(created.json, "spec", "replicas")]).toEqual([201, 1]);
    expect(getPath(created.json, "metadata", "managedFields")).toEqual([
      {
        apiVersion: "lab.example.com/v1",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:spec": { "f:color": {} } },
        manager: "m1",
        operation: "Apply",
        time: "2026-01-02T03:04:05Z",
      },
    ]);
    await rig.clock.advance(5_000);
    const again = await apply(config("spec: {color: blue}"), "fieldManager=m1");
    expect([again.status, again.text]).toEqual([200, created.text]);
  });

  test("refuses to take what others own, unless forced", async () => {
    await apply(config("spec: {color: blue}"), "fieldManager=m1");
    const refused = await apply(config("spec: {color: red}"), "fieldManager=m2");
    expect(refused.text).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Apply failed with 1 conflict: conflict with \\"m1\\": .spec.color","reason":"Conflict","details":{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \\"m1\\"","field":".spec.color"}]},"code":409}\n',
    );
    const forced = await apply(config("spec: {color: red}"), "fieldManager=m2&force=true");
    expect([getPath(forced.json, "spec", "color"), managers(forced)]).toEqual(["red", ["m2/Apply/"]]);
  });

  test("removes what its manager no longer lists, and defaults it anew", async () => {
    await apply(
      config("spec: {color: blue, title: t, items: [{name: a, value: 1}, {name: b}]}"),
      "fieldManager=m1",
    );
    const answer = await apply(config("spec: {items: [{name: b}]}"), "fieldManager=m1");
    expect(answer.json["spec"]).toEqual({ color: "red", enabled: true, replicas: 1, items: [{ name: "b" }] });
  });

  test("neither stores nor owns a status on the main endpoint, and only the status on its own", async () => {
    const main = await apply(config("spec: {color: blue}\nstatus: {phase: X}"), "fieldManager=m1");
    expect(main.json["status"]).toBeUndefined();
    const status = await apply(
      config("spec: {color: red}\nstatus: {phase: Up}"),
      "fieldManager=m2",
      `${widgets}/w1/status`,
    );
    expect([status.json["status"], getPath(status.json, "spec", "color")]).toEqual([{ phase: "Up" }, "blue"]);
    expect(managers(status)).toEqual(["m1/Apply/", "m2/Apply/status"]);
  });

  test("with dryRun answers the merge and stores nothing", async () => {
    const answer = await apply(config("spec: {color: blue}"), "fieldManager=m1&dryRun=All");
    expect(answer.status).toBe(201);
    expect((await rig.call("GET", `${widgets}/w1`)).status).toBe(404);
  });

  test.each<{ says: string; body: string; query: string; path?: string; code: number; message: string }>([
    {
      says: "no manager",
      body: config(""),
      query: "",
      code: 422,
      message:
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    },
    {
      says: "another type",
      body: "apiVersion: lab.example.com/v2\nkind: Widget\nmetadata: {name: w1}",
      query: "fieldManager=m",
      code: 400,
      message: "invalid object type: lab.example.com/v2, Kind=Widget",
    },
    {
      says: "no type",
      body: "metadata: {name: w1}",
      query: "fieldManager=m",
      code: 400,
      message: "invalid object type: /, Kind=",
    },
    {
      says: "managed fields",
      body: config("").replace("name: w1", "name: w1, managedFields: []"),
      query: "fieldManager=m",
      code: 400,
      message: "metadata.managedFields must be nil",
    },
    {
      says: "another name",
      body: config("").replace("w1", "w2"),
      query: "fieldManager=m",
      code: 400,
      message: "the name of the object (w2) does not match the name on the URL (w1)",
    },
    {
      says: "a field the schema does not have",
      body: config("spec: {bogus: 1}"),
      query: "fieldManager=m",
      code: 500,
      message:
        "failed to create typed patch object (/w1; lab.example.com/v1, Kind=Widget): .spec.bogus: field not declared in schema",
    },
    {
      says: "a key twice when strict",
      body: config("spec:\n  color: red\n  color: blue"),
      query: "fieldManager=m&fieldValidation=Strict",
      code: 400,
      message:
        'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 6: key "color" already set in map',
    },
    {
      says: "a uid when there is no object",
      body: config("").replace("name: w1", "name: w1, uid: abc"),
      query: "fieldManager=m",
      code: 409,
      message:
        'Operation cannot be fulfilled on widgets.lab.example.com "w1": uid mismatch: the provided object specified uid abc, and no existing object was found',
    },
    {
      says: "a status of an object that is not there",
      body: config("status: {phase: Up}"),
      query: "fieldManager=m",
      path: `${widgets}/w1/status`,
      code: 404,
      message: 'widgets.lab.example.com "w1" not found',
    },
    {
      says: "a namespace that is not there",
      body: config(""),
      query: "fieldManager=m",
      path: `${widgets.replace("default", "nope")}/w1`,
      code: 404,
      message: 'namespaces "nope" not found',
    },
  ])("refuses $says", async ({ body, query, path, code, message }) => {
    const answer = await apply(body, query, path);
    expect([answer.status, answer.json["message"]]).toEqual([code, message]);
    expect((await rig.call("GET", widgets)).json["items"]).toEqual([]);
  });

  test("honours a resourceVersion in the configuration where the object exists", async () => {
    const body = config("spec: {color: blue}").replace("name: w1", 'name: w1, resourceVersion: "1"');
    expect((await apply(body, "fieldManager=m")).status).toBe(201);
    expect((await apply(body.replace("blue", "red"), "fieldManager=m")).status).toBe(409);
  });

  test("that creates needs the right to create, one that changes does not", async () => {
    await rig.close();
    rig = await openRig({
      authorizer: {
        authorize: ({ verb }) => ({ decision: verb === "create" ? "NoOpinion" : "Allow", reason: "" }),
      },
    });
    const answer = await apply(config("spec: {color: blue}"), "fieldManager=m1");
    expect(answer.json["message"]).toBe(
      'widgets.lab.example.com "w1" is forbidden: User "tester" cannot create resource "widgets" in API group "lab.example.com" in the namespace "default"',
    );
    await rig.call("POST", widgets, {
      body: { apiVersion: "lab.example.com/v1", kind: "Widget", metadata: { name: "w1" }, spec: {} },
    });
    expect((await apply(config("spec: {title: t}"), "fieldManager=m1")).status).toBe(200);
  });
});
