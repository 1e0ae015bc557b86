import { describe, expect, test } from "vitest";
import type { KubeObject } from "../api/meta/types.ts";
import type { JsonObject } from "../machinery/json/value.ts";
import { asOwned } from "../transformers/ownership.ts";
import { findDrift } from "./drift.ts";
import { aModelDeployment, applied, fieldsOf } from "./testing/objects.ts";

const desired = (spec: JsonObject): KubeObject => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name: "w", namespace: "default", labels: { app: "w" } },
  spec,
});

const fields = (spec: JsonObject): JsonObject => ({
  "f:metadata": { "f:labels": { "f:app": {} } },
  "f:spec": spec,
});

interface Row {
  readonly name: string;
  readonly wanted: JsonObject;
  readonly live: JsonObject;
  /** FieldsV1 of spec; every leaf of `wanted` when absent. */
  readonly owned?: JsonObject;
  readonly drift: readonly string[];
}

const keyed = 'k:{"containerPort":80,"protocol":"TCP"}';
const keyedUdp = 'k:{"containerPort":80,"protocol":"UDP"}';

const rows: readonly Row[] = [
  { name: "the same", wanted: { a: 1 }, live: { a: 1 }, drift: [] },
  { name: "another value", wanted: { a: 1 }, live: { a: 2 }, drift: ["spec.a"] },
  { name: "a missing value", wanted: { a: 1 }, live: {}, drift: ["spec.a"] },
  { name: "a default beside ours", wanted: { a: 1 }, live: { a: 1, b: 2 }, drift: [] },
  { name: "an explicit false", wanted: { a: false }, live: { a: true }, drift: ["spec.a"] },
  { name: "an explicit zero", wanted: { a: 0 }, live: { a: 0 }, drift: [] },
  {
    name: "a field somebody else took over with our value",
    wanted: { a: 1, b: 2 },
    live: { a: 1, b: 2 },
    owned: { "f:a": {} },
    drift: ["spec.b"],
  },
  {
    name: "a field we no longer render",
    wanted: { a: 1 },
    live: { a: 1, b: 2 },
    owned: { "f:a": {}, "f:b": {} },
    drift: ["spec.b"],
  },
  {
    name: "defaults inside an item of a map list",
    wanted: { ports: [{ containerPort: 80 }] },
    live: { ports: [{ containerPort: 80, protocol: "TCP" }] },
    owned: { "f:ports": { [keyed]: { ".": {}, "f:containerPort": {} } } },
    drift: [],
  },
  {
    name: "an item others added to a map list",
    wanted: { ports: [{ containerPort: 80 }] },
    live: {
      ports: [
        { containerPort: 9, protocol: "TCP" },
        { containerPort: 80, protocol: "TCP" },
      ],
    },
    owned: { "f:ports": { [keyed]: { ".": {}, "f:containerPort": {} } } },
    drift: [],
  },
  {
    name: "a key left out does not take the item of another",
    wanted: { ports: [{ containerPort: 80 }, { containerPort: 80, protocol: "TCP" }] },
    live: {
      ports: [
        { containerPort: 80, protocol: "UDP" },
        { containerPort: 80, protocol: "TCP" },
      ],
    },
    owned: {
      "f:ports": {
        [keyed]: { "f:containerPort": {}, "f:protocol": {} },
        [keyedUdp]: { "f:containerPort": {} },
      },
    },
    drift: [],
  },
  {
    name: "items in another order",
    wanted: { c: [{ name: "a" }, { name: "b" }] },
    live: { c: [{ name: "b" }, { name: "a" }] },
    owned: { "f:c": { 'k:{"name":"a"}': { "f:name": {} }, 'k:{"name":"b"}': { "f:name": {} } } },
    drift: ["spec.c"],
  },
  {
    name: "an item we no longer render",
    wanted: { c: [{ name: "a" }] },
    live: { c: [{ name: "a" }, { name: "b" }] },
    owned: { "f:c": { 'k:{"name":"a"}': { "f:name": {} }, 'k:{"name":"b"}': { "f:name": {} } } },
    drift: ["spec.c[]"],
  },
  {
    name: "a set with a value of others",
    wanted: { s: ["a"] },
    live: { s: ["b", "a"] },
    owned: { "f:s": { 'v:"a"': {} } },
    drift: [],
  },
  { name: "an atomic list that grew", wanted: { l: ["a"] }, live: { l: ["a", "b"] }, drift: ["spec.l"] },
  {
    name: "a default inside an atomic map",
    wanted: { ref: { fieldPath: "x" } },
    live: { ref: { fieldPath: "x", apiVersion: "v1" } },
    owned: { "f:ref": {} },
    drift: [],
  },
  {
    name: "a quantity in the server's form",
    wanted: { resources: { limits: { memory: "1024Mi", cpu: 4, "nvidia.com/gpu": "1000m" } } },
    live: { resources: { limits: { memory: "1Gi", cpu: "4", "nvidia.com/gpu": "1" } } },
    drift: [],
  },
  {
    name: "another quantity",
    wanted: { resources: { limits: { memory: "1Gi" } } },
    live: { resources: { limits: { memory: "2Gi" } } },
    drift: ["spec.resources.limits.memory"],
  },
  {
    name: "texts that only look like quantities",
    wanted: { args: ["1000m"], tag: "1000m" },
    live: { args: ["1"], tag: "1" },
    drift: ["spec.args", "spec.tag"],
  },
  { name: "an empty map", wanted: { emptyDir: {} }, live: { emptyDir: {} }, drift: [] },
  { name: "a key of hostile name", wanted: { ["__proto__x"]: 1 }, live: {}, drift: ["spec.__proto__x"] },
];

describe("drift of a resource", () => {
  test.each(rows)("$name", ({ wanted, live, owned, drift }) => {
    const object = desired(wanted);
    const current = { ...object, spec: live };
    const found = findDrift(
      owned === undefined
        ? { ...applied(object), spec: live }
        : applied(current, fields({ ".": {}, ...owned })),
      object,
    );
    expect(found).toEqual(drift);
  });

  test("never applied by us, it is to be applied", () => {
    const object = desired({ a: 1 });
    expect(findDrift(object, object)).toEqual(["metadata.managedFields"]);
  });

  test("applied in another version, it is to be applied in this one", () => {
    const object = desired({ a: 1 });
    const older = applied({ ...object, apiVersion: "example.com/v1beta1" });
    expect(findDrift(older, object)).toEqual(["metadata.managedFields"]);
  });

  test("what others write to metadata and status is none of ours", () => {
    const object = desired({ a: 1 });
    const live = applied(object);
    const { metadata } = live;
    const noisy: KubeObject = {
      ...live,
      metadata: { ...metadata, annotations: { x: "y" }, finalizers: ["z/z"], generation: 7 },
      status: { phase: "Odd" },
    };
    expect(findDrift(noisy, object)).toEqual([]);
  });

  test("a part of an atomic map that we no longer render shows in the hash of what was rendered", () => {
    const rendered = (nodeSelector: Record<string, string>): KubeObject =>
      asOwned(desired({ nodeSelector }), aModelDeployment());
    const before = rendered({ disk: "ssd", zone: "a" });
    const whole = fieldsOf(before);
    const live = applied(before, { ...whole, "f:spec": { "f:nodeSelector": {} } });
    expect(findDrift(live, before)).toEqual([]);
    expect(findDrift(live, rendered({ disk: "ssd" }))).toEqual([
      "metadata.annotations.hawsepipe.dev/rendered-hash",
    ]);
  });
});
