import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { getPath } from "../../machinery/json/value.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Rig } from "../testing/rig.ts";
import { openRig } from "../testing/rig.ts";
import { aWidget } from "../testing/widget.ts";

const widgets = "/apis/lab.example.com/v1/namespaces/default/widgets";
const scale = `${widgets}/p1/scale`;
let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
  await rig.call("POST", widgets, { body: aWidget("p1") });
});
afterEach(async () => {
  await rig.close();
});

const scaleOf = (replicas: number, metadata: JsonObject = {}): JsonObject => ({
  kind: "Scale",
  apiVersion: "autoscaling/v1",
  metadata: { name: "p1", namespace: "default", ...metadata },
  spec: { replicas },
});

describe("scale", () => {
  test("shows the counts in the order of the Go structs", async () => {
    expect((await rig.call("GET", scale)).text).toBe(
      '{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"p1","namespace":"default","uid":"00000000-0000-4000-8000-000000000003","resourceVersion":"4","creationTimestamp":"2026-01-02T03:04:05Z"},"spec":{"replicas":1},"status":{"replicas":0}}\n',
    );
    await rig.call("PATCH", `${widgets}/p1/status`, {
      body: { status: { replicas: 2, selector: "a=b" } },
      type: "application/merge-patch+json",
    });
    expect((await rig.call("GET", scale)).json["status"]).toEqual({ replicas: 2, selector: "a=b" });
  });

  test("is written without Content-Type and without resourceVersion, as autoscalers do", async () => {
    const answer = await rig.call("PUT", `${scale}?fieldManager=hpa`, {
      body: scaleOf(5),
      accept: "application/vnd.kubernetes.protobuf, */*",
    });
    expect([answer.status, answer.json["spec"], answer.json["kind"]]).toEqual([
      200,
      { replicas: 5 },
      "Scale",
    ]);
    const { json } = await rig.call("GET", `${widgets}/p1`);
    expect(getPath(json, "spec", "replicas")).toBe(5);
    expect(getPath(json, "metadata", "generation")).toBe(2);
    const entries = getPath(json, "metadata", "managedFields") as JsonObject[];
    expect(entries.find((entry) => entry["subresource"] === "scale")).toMatchObject({
      manager: "hpa",
      operation: "Update",
      fieldsV1: { "f:spec": { "f:replicas": {} } },
    });
  });

  test("to zero takes the count from every owner, as a Scale says zero by leaving it out", async () => {
    await rig.call("PUT", `${scale}?fieldManager=hpa`, { body: scaleOf(5) });
    await rig.call("PUT", `${scale}?fieldManager=hpa`, { body: scaleOf(0) });
    const { json } = await rig.call("GET", `${widgets}/p1`);
    expect(getPath(json, "spec", "replicas")).toBe(0);
    expect(JSON.stringify(getPath(json, "metadata", "managedFields"))).not.toContain("f:replicas");
  });

  test("takes merge and JSON patches", async () => {
    const merged = await rig.call("PATCH", scale, {
      body: { spec: { replicas: 3 } },
      type: "application/merge-patch+json",
    });
    expect(merged.json["spec"]).toEqual({ replicas: 3 });
    const patched = await rig.call("PATCH", scale, {
      body: [{ op: "replace", path: "/spec/replicas", value: 4 }],
      type: "application/json-patch+json",
    });
    expect(patched.json["spec"]).toEqual({ replicas: 4 });
  });

  test("can be applied, and then belongs to its manager", async () => {
    const apply = (manager: string, replicas: number) =>
      rig.call("PATCH", `${scale}?fieldManager=${manager}`, {
        body: scaleOf(replicas),
        type: "application/apply-patch+yaml",
      });
    await rig.call("PATCH", `${widgets}/p1`, {
      body: { metadata: { managedFields: [{}] } },
      type: "application/merge-patch+json",
    });
    expect((await apply("m1", 5)).json["spec"]).toEqual({ replicas: 5 });
    expect((await apply("m2", 6)).json["message"]).toBe(
      'Apply failed with 1 conflict: conflict with "m1" with subresource "scale": .spec.replicas',
    );
    expect((await apply("m1", 6)).json["spec"]).toEqual({ replicas: 6 });
  });

  test.each<{ says: string; body: JsonObject; code: number; message: string }>([
    {
      says: "an old resourceVersion",
      body: scaleOf(2, { resourceVersion: "1" }),
      code: 409,
      message:
        'Operation cannot be fulfilled on widgets.lab.example.com "p1": the object has been modified; please apply your changes to the latest version and try again',
    },
    {
      says: "fewer than none",
      body: scaleOf(-1),
      code: 422,
      message:
        'Widget.lab.example.com "p1" is invalid: [spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0, .spec.replicas: Invalid value: -1: should be a non-negative integer]',
    },
    {
      says: "more than the kind allows",
      body: scaleOf(99),
      code: 422,
      message:
        'Widget.lab.example.com "p1" is invalid: spec.replicas: Invalid value: 99: spec.replicas in body should be less than or equal to 10',
    },
  ])("refuses $says", async ({ body, code, message }) => {
    const answer = await rig.call("PUT", scale, { body });
    expect([answer.status, answer.json["message"]]).toEqual([code, message]);
  });

  test("is a Table of counts for kubectl", async () => {
    await rig.clock.advance(61_000);
    const { json } = await rig.call("GET", scale, {
      accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
    });
    const columns = json["columnDefinitions"] as JsonObject[];
    expect(columns.map((column) => column["name"])).toEqual(["Name", "Desired", "Available", "Age"]);
    expect((json["rows"] as JsonObject[])[0]?.["cells"]).toEqual(["p1", 1, 0, "61s"]);
  });

  test("does not exist on kinds without one, nor for verbs it does not have", async () => {
    expect((await rig.call("GET", "/api/v1/namespaces/default/scale")).status).toBe(404);
    const created = await rig.call("POST", scale, { body: scaleOf(1) });
    expect([created.status, created.json["message"]]).toEqual([
      405,
      'create is not supported on resources of kind "widgets.lab.example.com"',
    ]);
  });
});
