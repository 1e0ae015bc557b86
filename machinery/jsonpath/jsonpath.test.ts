import { describe, expect, test } from "vitest";
import type { JsonValue } from "../json/value.ts";
import { compileJsonPath, JsonPathError, simpleJsonPath } from "./jsonpath.ts";

const object: JsonValue = {
  metadata: { name: "x", labels: { "app.io/name": "web" }, annotations: { "a.b": "1" } },
  spec: {
    replicas: 3,
    empty: null,
    items: [
      { name: "a", n: 1 },
      { name: "b", n: 2 },
      { name: "c", n: 3 },
    ],
    flags: [true, false],
  },
  status: {
    conditions: [
      { type: "Ready", status: "True" },
      { type: "Synced", status: "False", reason: "x == y" },
    ],
  },
};

test.each<[string, JsonValue[]]>([
  [".spec.replicas", [3]],
  ["{.spec.replicas}", [3]],
  ["spec.replicas", [3]],
  ["$.spec.replicas", [3]],
  [".spec.missing", []],
  [".spec.missing.below", []],
  [".spec.empty", [null]],
  [".metadata.labels.app\\.io/name", ["web"]],
  [".metadata.labels['app.io/name']", ["web"]],
  [".metadata.annotations['a\\.b']", ["1"]],
  ['.metadata.annotations["a.b"]', ["1"]],
  ["['spec']['replicas']", [3]],
  [".spec.items[0].name", ["a"]],
  [".spec.items[-1].name", ["c"]],
  [".spec.items[9].name", []],
  [".spec.items[*].name", ["a", "b", "c"]],
  [".spec.items[1:].n", [2, 3]],
  [".spec.items[0:2].n", [1, 2]],
  [".spec.items[:-1].n", [1, 2]],
  [".spec.items[::2].n", [1, 3]],
  [".spec.items[0:9].n", []],
  [".spec.items[3:3].n", []],
  [".spec.items[2:1].n", []],
  [".spec['flags','items'][2]", []],
  [".spec.items[0,2].n", [1, 3]],
  [".spec['replicas','empty']", [3, null]],
  [".spec.replicas[0]", []],
  [".metadata.labels.*", ["web"]],
  ["..name", ["x", "a", "b", "c"]],
  ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
  [".status.conditions[?(@.type=='Synced')].status", ["False"]],
  ['.status.conditions[?(@.type != "Ready")].type', ["Synced"]],
  ['.status.conditions[?(@.reason=="x == y")].type', ["Synced"]],
  [".status.conditions[?(@.reason)].type", ["Synced"]],
  ['.status.conditions[?(@.type=="None")].status', []],
  [".spec.items[?(@.n>1)].name", ["b", "c"]],
  [".spec.items[?(@.n<=1)].name", ["a"]],
  [".spec.flags[?(@==true)]", [true]],
  [".constructor", []],
  [".", [object]],
])("%s finds %j", (path, want) => {
  expect(compileJsonPath(path)(object)).toEqual(want);
});

test.each([
  "",
  ".spec.",
  ".spec[",
  ".spec[]",
  ".spec[a]",
  ".spec['a]",
  ".spec)x",
  "..",
  ".a[?(x)]",
  ".a[::0]",
  ".a b",
  `.${"a".repeat(5000)}`,
])("refuses %s", (path) => {
  expect(() => compileJsonPath(path)).toThrow(JsonPathError);
});

describe("simpleJsonPath", () => {
  test.each<[string, string[] | undefined]>([
    [".spec.replicas", ["spec", "replicas"]],
    [".spec['a.b']", ["spec", "a.b"]],
    [".spec.items[0]", undefined],
    ["..x", undefined],
  ])("%s is %j", (path, want) => {
    expect(simpleJsonPath(path)).toEqual(want);
  });
});
