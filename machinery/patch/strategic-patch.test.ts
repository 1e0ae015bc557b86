import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../json/value.ts";
import { cloneJson } from "../json/value.ts";
import type { Structural } from "../schema/structural.ts";
import { PatchError } from "./patch-error.ts";
import { applyStrategicPatch } from "./strategic-patch.ts";

const ports: Structural = {
  type: "array",
  listType: "map",
  listMapKeys: ["port", "protocol"],
  patchStrategy: "merge",
  patchMergeKey: "port",
  items: { type: "object" },
};
const container: Structural = { type: "object", properties: new Map([["ports", ports]]) };
const schema: Structural = {
  type: "object",
  properties: new Map<string, Structural>([
    ["containers", { type: "array", patchStrategy: "merge", patchMergeKey: "name", items: container }],
    ["byListType", { type: "array", listType: "map", listMapKeys: ["a", "b"], items: { type: "object" } }],
    ["tolerations", { type: "array", items: { type: "object" } }],
    ["words", { type: "array", listType: "set", items: { type: "string" } }],
    ["strategy", { type: "object", patchStrategy: "retainKeys" }],
    ["atomic", { type: "object", mapType: "atomic" }],
  ]),
};

test.each<{ says: string; object: JsonObject; patch: JsonObject; want: JsonObject }>([
  {
    says: "merges maps and removes by null",
    object: { a: { x: 1, y: 2 } },
    patch: { a: { x: null, z: 3 } },
    want: { a: { y: 2, z: 3 } },
  },
  {
    says: "merges a list by its key",
    object: { containers: [{ name: "a", image: "1" }, { name: "b" }] },
    patch: { containers: [{ name: "a", image: "2" }] },
    want: { containers: [{ name: "a", image: "2" }, { name: "b" }] },
  },
  {
    says: "puts new items of a patch first where nothing orders them",
    object: { containers: [{ name: "a" }] },
    patch: { containers: [{ name: "b" }] },
    want: { containers: [{ name: "b" }, { name: "a" }] },
  },
  {
    says: "merges lists inside of items",
    object: { containers: [{ name: "a", ports: [{ port: 1, protocol: "TCP" }] }] },
    patch: { containers: [{ name: "a", ports: [{ port: 1, protocol: "UDP" }] }] },
    want: { containers: [{ name: "a", ports: [{ port: 1, protocol: "UDP" }] }] },
  },
  {
    says: "deletes an item",
    object: { containers: [{ name: "a" }, { name: "b" }] },
    patch: { containers: [{ name: "a", $patch: "delete" }] },
    want: { containers: [{ name: "b" }] },
  },
  {
    says: "replaces a list",
    object: { containers: [{ name: "a" }] },
    patch: { containers: [{ name: "c" }, { $patch: "replace" }] },
    want: { containers: [{ name: "c" }] },
  },
  {
    says: "replaces lists without a strategy",
    object: { tolerations: [{ key: "a" }] },
    patch: { tolerations: [{ key: "b" }] },
    want: { tolerations: [{ key: "b" }] },
  },
  {
    says: "unites sets",
    object: { words: ["a", "b"] },
    patch: { words: ["b", "c"] },
    want: { words: ["a", "b", "c"] },
  },
  {
    says: "removes from a list of primitives",
    object: { words: ["a", "b"] },
    patch: { "$deleteFromPrimitiveList/words": ["a"] },
    want: { words: ["b"] },
  },
  {
    says: "matches all keys of a map list",
    object: {
      byListType: [
        { a: 1, b: 1, v: 1 },
        { a: 1, b: 2, v: 1 },
      ],
    },
    patch: { byListType: [{ a: 1, b: 2, v: 9 }] },
    want: {
      byListType: [
        { a: 1, b: 1, v: 1 },
        { a: 1, b: 2, v: 9 },
      ],
    },
  },
  {
    says: "replaces a map",
    object: { a: { x: 1 } },
    patch: { a: { $patch: "replace", y: 2 } },
    want: { a: { y: 2 } },
  },
  { says: "empties a map", object: { a: { x: 1 } }, patch: { a: { $patch: "delete" } }, want: { a: {} } },
  {
    says: "retains only the keys named",
    object: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } },
    patch: { strategy: { $retainKeys: ["type"], type: "Recreate" } },
    want: { strategy: { type: "Recreate" } },
  },
  {
    says: "replaces atomic maps",
    object: { atomic: { x: 1 } },
    patch: { atomic: { y: 2 } },
    want: { atomic: { y: 2 } },
  },
  {
    says: "orders as told",
    object: { containers: [{ name: "a" }, { name: "b" }, { name: "c" }] },
    patch: {
      "$setElementOrder/containers": [{ name: "c" }, { name: "a" }],
      containers: [{ name: "c", image: "1" }],
    },
    want: { containers: [{ name: "b" }, { name: "c", image: "1" }, { name: "a" }] },
  },
  {
    says: "merges finalizers and owners of any kind",
    object: { metadata: { finalizers: ["a"], ownerReferences: [{ uid: "1", name: "x" }] } },
    patch: {
      metadata: { finalizers: ["b"], ownerReferences: [{ uid: "1", $patch: "delete" }, { uid: "2" }] },
    },
    want: { metadata: { finalizers: ["b", "a"], ownerReferences: [{ uid: "2" }] } },
  },
  {
    says: "keeps directives out of new values",
    object: {},
    patch: { containers: [{ name: "a", $patch: "delete" }], a: { $retainKeys: ["x"], x: 1, y: null } },
    want: { containers: [], a: { x: 1 } },
  },
  { says: "replaces what has another type", object: { a: { x: 1 } }, patch: { a: [1] }, want: { a: [1] } },
])("$says", ({ object, patch, want }) => {
  const before = cloneJson(object);
  const patchBefore = cloneJson(patch);
  expect(applyStrategicPatch(object, patch, schema)).toEqual(want);
  expect(object).toEqual(before);
  expect(patch).toEqual(patchBefore);
});

test.each<{ says: string; object: JsonObject; patch: JsonObject; message: string }>([
  {
    says: "an item without its key",
    object: { containers: [{ name: "a" }] },
    patch: { containers: [{ image: "x" }] },
    message: "map does not contain declared merge key: name",
  },
  {
    says: "an unknown directive",
    object: { a: {} },
    patch: { a: { $patch: "zap" } },
    message: "unknown patch type: zap",
  },
  {
    says: "merging as an item directive",
    object: { containers: [{ name: "a" }] },
    patch: { containers: [{ name: "a", $patch: "merge" }] },
    message: "merging lists cannot yet be specified in the patch",
  },
  {
    says: "a key that is not retained",
    object: { strategy: {} },
    patch: { strategy: { $retainKeys: ["a"], b: 1 } },
    message: "invalid patch format of retainKeys",
  },
  {
    says: "an order that lacks a patched item",
    object: { containers: [] },
    patch: { "$setElementOrder/containers": [{ name: "b" }], containers: [{ name: "a" }] },
    message: "$setElementOrder",
  },
  {
    says: "mixed items",
    object: { words: ["a"] },
    patch: { words: [{ x: 1 }] },
    message: "list element types are not identical",
  },
])("refuses $says", ({ object, patch, message }) => {
  expect(() => applyStrategicPatch(object, patch, schema)).toThrow(PatchError);
  expect(() => applyStrategicPatch(object, patch, schema)).toThrow(message);
});

test("patching twice is patching once", () => {
  const item = fc.record({ name: fc.constantFrom("a", "b", "c"), image: fc.constantFrom("1", "2") });
  const list = fc.uniqueArray(item, { selector: (i) => i.name });
  const words = fc.uniqueArray(fc.constantFrom("x", "y", "z"));
  const object = fc.record({ containers: list, words });
  fc.assert(
    fc.property(object, object, (target, patch) => {
      const once = applyStrategicPatch(target, patch, schema);
      expect(applyStrategicPatch(once, patch, schema)).toEqual(once);
    }),
  );
});
