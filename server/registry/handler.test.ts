import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Rig } from "../testing/rig.ts";
import { openRig } from "../testing/rig.ts";
import { aWidget } from "../testing/widget.ts";

const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";
let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
});
afterEach(async () => {
  await rig.close();
});

describe("one object from creation to deletion", () => {
  test("create answers 201 with the stored object in sorted JSON", async () => {
    const created = await rig.call("POST", `${widgets}?fieldManager=seed`, {
      body: aWidget("w1", { spec: { color: "blue", enabled: false }, status: { phase: "ignored" } }),
    });
    expect(created.text).toBe(
      '{"apiVersion":"lab.example.com/v1","kind":"Widget","metadata":{"creationTimestamp":"2026-01-02T03:04:05Z","generation":1,"managedFields":[{"apiVersion":"lab.example.com/v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{".":{},"f:color":{},"f:enabled":{},"f:replicas":{}}},"manager":"seed","operation":"Update","time":"2026-01-02T03:04:05Z"}],"name":"w1","namespace":"default","resourceVersion":"4","uid":"00000000-0000-4000-8000-000000000003"},"spec":{"color":"blue","enabled":false,"replicas":1}}\n',
    );
    expect(created.status).toBe(201);
    expect((await rig.call("GET", `${widgets}/w1`)).text).toBe(created.text);
  });

  test("list answers the collection and watch what follows", async () => {
    await rig.call("POST", widgets, { body: aWidget("b") });
    await rig.call("POST", widgets, { body: aWidget("a") });
    const list = await rig.call("GET", widgets);
    expect(list.json["metadata"]).toEqual({ continue: "", resourceVersion: "5" });
    const watch = await rig.watch(`${widgets}?watch=1&resourceVersion=5`);
    await rig.call("PATCH", `${widgets}/a`, {
      type: "application/merge-patch+json",
      body: { spec: { color: "green" } },
    });
    const removed = await rig.call("DELETE", `${widgets}/b`);
    expect(removed.text).toBe(
      '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"b","group":"lab.example.com","kind":"widgets","uid":"00000000-0000-4000-8000-000000000003"}}\n',
    );
    expect(watch.summary()).toEqual(["MODIFIED a@6", "DELETED b@7"]);
    await watch.stop();
  });
});
