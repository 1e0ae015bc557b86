import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson, getPath, setPath } from "../../machinery/json/value.ts";
import type { Answer, Rig } from "../testing/rig.ts";
import { openRig, textAt } from "../testing/rig.ts";
import type { WatchReader } from "../testing/watch-reader.ts";
import { aWidget } from "../testing/widget.ts";

const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";
const w1 = `${widgets}/w1`;
let rig: Rig;
let stored: JsonObject;
let watch: WatchReader;

beforeEach(async () => {
  rig = await openRig();
  stored = (await rig.call("POST", widgets, { body: aWidget("w1", { spec: { color: "blue" } }) })).json;
  watch = await rig.watch(`${widgets}?watch=1&resourceVersion=${rv(stored)}`);
});
afterEach(async () => {
  await watch.stop();
  await rig.close();
});

const rv = (object: JsonObject): string => textAt(object, "metadata", "resourceVersion");
const generation = (object: JsonObject) => getPath(object, "metadata", "generation");
const changed = (path: string[], value: JsonObject[string], from = stored): JsonObject => {
  const copy = cloneJson(from);
  setPath(copy, path, value);
  return copy;
};
const put = (body: JsonObject, path = w1): Promise<Answer> => rig.call("PUT", path, { body });
const merge = (body: JsonObject, path = w1): Promise<Answer> =>
  rig.call("PATCH", path, { body, type: "application/merge-patch+json" });

describe("update", () => {
  test("stores a change, counts the generation and tells watchers once", async () => {
    const answer = await put(changed(["spec", "color"], "green"));
    expect([answer.status, generation(answer.json)]).toEqual([200, 2]);
    expect(Number(rv(answer.json))).toBeGreaterThan(Number(rv(stored)));
    expect(watch.summary()).toEqual([`MODIFIED w1@${rv(answer.json)}`]);
  });

  test("of what is already stored changes nothing, whoever sends it", async () => {
    const answer = await rig.call("PUT", w1, { body: stored, agent: "somebody/2" });
    expect(answer.json).toEqual(stored);
    expect(watch.summary()).toEqual([]);
  });

  test.each<{
    says: string;
    edit: (object: JsonObject) => JsonObject;
    path?: string;
    code: number;
    message: string;
  }>([
    {
      says: "without a resourceVersion",
      edit: (o) => changed(["metadata", "resourceVersion"], "", o),
      code: 422,
      message:
        'widgets.lab.example.com "w1" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    },
    {
      says: "with an old resourceVersion",
      edit: (o) => changed(["metadata", "resourceVersion"], "1", changed(["spec", "color"], "red", o)),
      code: 409,
      message:
        'Operation cannot be fulfilled on widgets.lab.example.com "w1": the object has been modified; please apply your changes to the latest version and try again',
    },
    {
      says: "with a resourceVersion that is no number",
      edit: (o) => changed(["metadata", "resourceVersion"], "abc", o),
      code: 500,
      message: 'strconv.ParseUint: parsing "abc": invalid syntax',
    },
    {
      says: "of an object that does not exist",
      edit: (o) => changed(["metadata", "name"], "w9", o),
      path: `${widgets}/w9`,
      code: 404,
      message: 'widgets.lab.example.com "w9" not found',
    },
    {
      says: "under another name",
      edit: (o) => changed(["metadata", "name"], "w2", o),
      code: 400,
      message: "the name of the object (w2) does not match the name on the URL (w1)",
    },
    {
      says: "with the uid of another object",
      edit: (o) => changed(["metadata", "uid"], "other", o),
      code: 409,
      message:
        'Operation cannot be fulfilled on widgets.lab.example.com "w1": StorageError: invalid object, Code: 4, Key: /registry/lab.example.com/widgets/default/w1, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object meta: 00000000-0000-4000-8000-000000000003',
    },
    {
      says: "that asks for deletion by a timestamp",
      edit: (o) => changed(["metadata", "deletionTimestamp"], "2026-01-02T03:04:05Z", o),
      code: 422,
      message:
        'Widget.lab.example.com "w1" is invalid: metadata.deletionTimestamp: Invalid value: "2026-01-02T03:04:05Z": field is immutable',
    },
  ])("is refused $says", async ({ edit, path, code, message }) => {
    const answer = await put(edit(stored), path);
    expect([answer.status, answer.json["message"]]).toEqual([code, message]);
    expect(watch.summary()).toEqual([]);
  });

  test("keeps status and spec apart", async () => {
    const both = changed(["status"], { phase: "Ready", replicas: 3 }, changed(["spec", "color"], "green"));
    const spec = await put(both);
    expect([spec.json["status"], getPath(spec.json, "spec", "color")]).toEqual([undefined, "green"]);

    const body = changed(["status"], { phase: "Ready" }, changed(["spec", "color"], "red", spec.json));
    const status = await put(changed(["metadata", "labels"], { a: "b" }, body), `${w1}/status`);
    expect(status.json["status"]).toEqual({ phase: "Ready" });
    expect(getPath(status.json, "spec", "color")).toBe("green");
    expect(getPath(status.json, "metadata", "labels")).toBeUndefined();
    expect(generation(status.json)).toBe(2);

    const third = await put(changed(["spec", "color"], "red", changed(["status"], {}, status.json)));
    expect([generation(third.json), third.json["status"]]).toEqual([3, { phase: "Ready" }]);
  });

  test("with dryRun shows the result and stores nothing", async () => {
    const answer = await put(changed(["spec", "color"], "green"), `${w1}?dryRun=All`);
    expect([answer.status, generation(answer.json), rv(answer.json)]).toEqual([200, 2, rv(stored)]);
    expect((await rig.call("GET", w1)).json).toEqual(stored);
    expect(watch.summary()).toEqual([]);
  });

  test("does not count a change of labels", async () => {
    const answer = await put(changed(["metadata", "labels"], { a: "b" }));
    expect(generation(answer.json)).toBe(1);
  });
});

describe("patch", () => {
  test("merges, deletes by null and defaults again", async () => {
    const answer = await merge({
      metadata: { labels: { a: "b" } },
      spec: { color: null, title: "t", free: { x: 1 } },
    });
    expect(answer.json["spec"]).toEqual({
      color: "red",
      enabled: true,
      replicas: 1,
      title: "t",
      free: { x: 1 },
    });
    const again = await merge({ metadata: { labels: { a: "b" } } });
    expect(rv(again.json)).toBe(rv(answer.json));
    expect(watch.summary()).toEqual([`MODIFIED w1@${rv(answer.json)}`]);
  });

  test("takes JSON patches", async () => {
    const body = [
      { op: "test", path: "/spec/color", value: "blue" },
      { op: "add", path: "/spec/tags", value: ["a"] },
      { op: "add", path: "/spec/tags/-", value: "b" },
      { op: "remove", path: "/spec/enabled" },
    ];
    const answer = await rig.call("PATCH", w1, { body, type: "application/json-patch+json; charset=utf-8" });
    expect(answer.json["spec"]).toEqual({ color: "blue", enabled: true, replicas: 1, tags: ["a", "b"] });
  });

  test.each<{ says: string; type: string; body: string; query?: string; code: number; message: string }>([
    {
      says: "a JSON patch whose test fails",
      type: "json-patch+json",
      body: '[{"op":"test","path":"/spec/color","value":"red"}]',
      code: 422,
      message: "the server rejected our request due to an error in our request",
    },
    {
      says: "a JSON patch that is an object",
      type: "json-patch+json",
      body: "{}",
      code: 400,
      message:
        "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
    },
    {
      says: "a JSON patch with too many operations",
      type: "json-patch+json",
      body: `[${Array(10_001).fill('{"op":"test","path":"/kind","value":"Widget"}').join(",")}]`,
      code: 413,
      message: "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
    },
    {
      says: "a merge patch that is a list",
      type: "merge-patch+json",
      body: "[]",
      code: 400,
      message:
        "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
    },
    {
      says: "a merge patch that is cut off",
      type: "merge-patch+json",
      body: "{",
      code: 400,
      message: "error decoding patch: unexpected end of JSON input",
    },
    {
      says: "an old resourceVersion",
      type: "merge-patch+json",
      body: '{"metadata":{"resourceVersion":"1","labels":{"a":"b"}}}',
      code: 409,
      message:
        'Operation cannot be fulfilled on widgets.lab.example.com "w1": the object has been modified; please apply your changes to the latest version and try again',
    },
    {
      says: "another name",
      type: "merge-patch+json",
      body: '{"metadata":{"name":"w2"}}',
      code: 400,
      message: "the name of the object (w2) does not match the name on the URL (w1)",
    },
    {
      says: "another uid",
      type: "merge-patch+json",
      body: '{"metadata":{"uid":"zz"}}',
      code: 422,
      message:
        'Widget.lab.example.com "w1" is invalid: metadata.uid: Invalid value: "zz": field is immutable',
    },
    {
      says: "another kind",
      type: "merge-patch+json",
      body: '{"kind":"Zed"}',
      code: 422,
      message: 'Zed.lab.example.com "w1" is invalid: kind: Invalid value: "Zed": must be Widget',
    },
    {
      says: "another apiVersion",
      type: "merge-patch+json",
      body: '{"apiVersion":"lab.example.com/v9"}',
      code: 422,
      message:
        'Widget.lab.example.com "w1" is invalid: apiVersion: Invalid value: "lab.example.com/v9": must be lab.example.com/v1',
    },
    {
      says: "force outside apply",
      type: "merge-patch+json",
      body: "{}",
      query: "?force=true",
      code: 422,
      message:
        'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    },
    {
      says: "a strategic merge patch",
      type: "strategic-merge-patch+json",
      body: "{}",
      code: 415,
      message:
        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
    },
  ])("refuses $says", async ({ type, body, query, code, message }) => {
    const answer = await rig.call("PATCH", `${w1}${query ?? ""}`, { body, type: `application/${type}` });
    expect([answer.status, answer.json["message"]]).toEqual([code, message]);
    expect(watch.summary()).toEqual([]);
  });

  test("reports unknown fields with the patched object when strict", async () => {
    const answer = await merge({ spec: { bogus: 1 } }, `${w1}?fieldValidation=Strict`);
    expect(answer.status).toBe(422);
    expect(answer.json["message"]).toMatch(
      /^ "" is invalid: patch: Invalid value: "\{\\"apiVersion.*": strict decoding error: unknown field "spec\.bogus"$/,
    );
    expect((await merge({ spec: { bogus: 1 } })).warnings).toEqual(['unknown field "spec.bogus"']);
  });

  test("shows what was sent in the digits and escapes it was sent in", async () => {
    const body = String.raw`{"spec":{"bogus":1.50,"color":"bl\u0075e","enabled":"<"}}`;
    const answer = await rig.call("PATCH", `${w1}?fieldValidation=Strict`, {
      body,
      type: "application/merge-patch+json",
    });
    const quoted = JSON.stringify(String.raw`"spec":{"bogus":1.50,"color":"bl\u0075e","enabled":"\u003c"`);
    expect(answer.json["message"]).toContain(quoted.slice(1, -1));
  });

  test.each([
    { added: "1.50", tested: "1.50", code: 200 },
    { added: "1.50", tested: "1.5", code: 422 },
    { added: '"<"', tested: '"<"', code: 200 },
    { added: '"<"', tested: String.raw`"\u003c"`, code: 422 },
    { added: '{"a": [1.0]}', tested: '{ "a" : [ 1.0 ] }', code: 200 },
    { added: '{"a": [1.0]}', tested: '{"a": [1]}', code: 422 },
  ])("a test of $tested where $added was added: $code", async ({ added, tested, code }) => {
    const test = `{"op":"test","path":"/spec/free/x","value":${tested}}`;
    const body = `[{"op":"add","path":"/spec/free","value":{"x":${added}}},${test}]`;
    const { status } = await rig.call("PATCH", w1, { body, type: "application/json-patch+json" });
    expect(status).toBe(code);
  });

  test.each([
    { tested: '"<x>"', code: 422 },
    { tested: String.raw`"\u003cx\u003e"`, code: 200 },
  ])("a test of $tested where <x> is stored: $code", async ({ tested, code }) => {
    await merge({ metadata: { annotations: { a: "<x>" } } });
    const body = `[{"op":"test","path":"/metadata/annotations/a","value":${tested}}]`;
    const { status } = await rig.call("PATCH", w1, { body, type: "application/json-patch+json" });
    expect(status).toBe(code);
  });

  test("of status touches only the status", async () => {
    const answer = await merge({ spec: { color: "red" }, status: { phase: "Up" } }, `${w1}/status`);
    expect([answer.json["status"], getPath(answer.json, "spec", "color")]).toEqual([{ phase: "Up" }, "blue"]);
    expect((await merge({ status: { phase: "Down" } })).json["status"]).toEqual({ phase: "Up" });
  });

  test("clears managed fields with one empty entry", async () => {
    const answer = await merge({ metadata: { managedFields: [{}] } });
    expect(getPath(answer.json, "metadata", "managedFields")).toBeUndefined();
  });

  test("refuses to change what a transition rule protects, and ratchets what was there", async () => {
    await merge({ spec: { immut: "a" } });
    const answer = await merge({ spec: { immut: "b" } });
    expect(answer.json["message"]).toBe(
      'Widget.lab.example.com "w1" is invalid: spec.immut: Invalid value: "b": immut is immutable',
    );
  });
});

describe("answers recorded from kube-apiserver", () => {
  test.each<{
    says: string;
    type: string;
    body: string;
    query?: string;
    code: number;
    message: string;
    causes?: number;
  }>([
    {
      says: "a merge patch of null",
      type: "merge-patch+json",
      body: "null",
      code: 400,
      message: "Invalid JSON Patch",
    },
    {
      says: "a patch that leaves no metadata",
      type: "merge-patch+json",
      body: '{"metadata":null}',
      code: 400,
      message: "the name of the object (w1 based on URL) was undeterminable: name must be provided",
    },
    {
      says: "a JSON patch that leaves nothing",
      type: "json-patch+json",
      body: '[{"op":"replace","path":"","value":{}}]',
      code: 422,
      message: " \"\" is invalid: patch: Invalid value: \"{}\": Object 'Kind' is missing in '{}'",
      causes: 1,
    },
    {
      says: "a change of the uid, told twice",
      type: "merge-patch+json",
      body: '{"metadata":{"uid":"zz"}}',
      code: 422,
      message:
        'Widget.lab.example.com "w1" is invalid: metadata.uid: Invalid value: "zz": field is immutable',
      causes: 2,
    },
    {
      says: "an empty dryRun",
      type: "merge-patch+json",
      body: "{}",
      query: "?dryRun=",
      code: 422,
      message:
        'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: [""]: supported values: "All"',
      causes: 1,
    },
  ])("to $says", async ({ type, body, query, code, message, causes }) => {
    const { status, json } = await rig.call("PATCH", `${w1}${query ?? ""}`, {
      body,
      type: `application/${type}`,
    });
    expect([status, json["message"]]).toEqual([code, message]);
    const told = getPath(json, "details", "causes");
    expect(Array.isArray(told) ? told.length : undefined).toBe(causes);
  });

  test("a PUT must name its object, and its resourceVersion is looked at before its kind", async () => {
    const nameless = await put({ ...stored, metadata: {} });
    expect(nameless.json["message"]).toBe(
      "the name of the object (w1 based on URL) was undeterminable: name must be provided",
    );
    const gadget = { ...aWidget("w1"), kind: "Gadget" };
    expect((await put(gadget)).json["message"]).toMatch(/must be specified for an update$/);
    expect((await put({ ...stored, kind: "Gadget" })).json["message"]).toBe(
      'Gadget.lab.example.com "w1" is invalid: kind: Invalid value: "Gadget": must be Widget',
    );
  });
});

describe("built-in kinds", () => {
  test("take strategic merge patches and updates without resourceVersion", async () => {
    const path = "/api/v1/namespaces/other";
    const patched = await rig.call("PATCH", path, {
      body: { metadata: { labels: { a: "b" }, finalizers: ["x.io/y"] } },
      type: "application/strategic-merge-patch+json",
    });
    expect(getPath(patched.json, "metadata", "labels")).toEqual({
      a: "b",
      "kubernetes.io/metadata.name": "other",
    });
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: "other", labels: { c: "d" } } };
    const replaced = await rig.call("PUT", path, { body });
    expect([replaced.status, getPath(replaced.json, "metadata", "labels", "c")]).toEqual([200, "d"]);
    expect(replaced.json["spec"]).toEqual({ finalizers: ["kubernetes"] });
  });
});

describe("terminating objects", () => {
  beforeEach(async () => {
    await merge({ metadata: { finalizers: ["x.io/f"] } });
    stored = (await rig.call("DELETE", w1)).json;
  });

  test("take no new finalizers", async () => {
    const answer = await put(changed(["metadata", "finalizers"], ["x.io/f", "y.io/f"]));
    expect(answer.json["message"]).toBe(
      'Widget.lab.example.com "w1" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"y.io/f"}',
    );
  });

  test("are removed with their last finalizer, in one event", async () => {
    const answer = await merge({ metadata: { finalizers: [], resourceVersion: rv(stored) } });
    expect([answer.status, rv(answer.json)]).toEqual([200, rv(stored)]);
    expect((await rig.call("GET", w1)).status).toBe(404);
    expect(getPath(watch.frames().at(-1)?.object, "metadata", "finalizers")).toEqual(["x.io/f"]);
    expect(watch.summary().slice(-2)).toEqual([
      `MODIFIED w1@${rv(stored)}`,
      `DELETED w1@${Number(rv(stored)) + 1}`,
    ]);
  });

  test("stay in a dry run that removes the last finalizer", async () => {
    await merge({ metadata: { finalizers: null } }, `${w1}?dryRun=All`);
    expect((await rig.call("GET", w1)).json).toEqual(stored);
  });
});
