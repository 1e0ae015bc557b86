import { describe, expect, test } from "vitest";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { cloneJson } from "../json/value.ts";
import { applyDefaults, pruneDefaults } from "./defaults.ts";
import { parseStructural } from "./parse.ts";
import { prune } from "./prune.ts";

const int = { type: "integer" };
const text = { type: "string" };
const fields = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: "object",
  properties,
  ...more,
});

const schemaOf = (spec: JsonObject) => parseStructural({ type: "object", properties: { spec } }).schema;

describe("defaulting", () => {
  test.each<{ says: string; schema: JsonObject; spec: JsonValue; want: JsonValue }>([
    { says: "fills what is absent", schema: fields({ a: { ...int, default: 3 } }), spec: {}, want: { a: 3 } },
    {
      says: "leaves false, zero and empty text alone",
      schema: fields({
        a: { ...int, default: 3 },
        b: { type: "boolean", default: true },
        c: { ...text, default: "x" },
      }),
      spec: { a: 0, b: false, c: "" },
      want: { a: 0, b: false, c: "" },
    },
    {
      says: "does not create the object a nested default would stand in",
      schema: fields({ o: fields({ a: { ...int, default: 3 } }) }),
      spec: {},
      want: {},
    },
    {
      says: "goes into a default to fill it further",
      schema: fields({ o: fields({ a: { ...int, default: 3 } }, { default: {} }) }),
      spec: {},
      want: { o: { a: 3 } },
    },
    {
      says: "reaches list items and map values",
      schema: fields({
        l: { type: "array", items: fields({ a: { ...int, default: 1 } }) },
        m: { type: "object", additionalProperties: fields({ a: { ...int, default: 2 } }) },
      }),
      spec: { l: [{}, { a: 5 }], m: { k: {} } },
      want: { l: [{ a: 1 }, { a: 5 }], m: { k: { a: 2 } } },
    },
    {
      says: "takes a null that is not allowed for absent",
      schema: fields({ a: { ...int, default: 3 } }),
      spec: { a: null },
      want: { a: 3 },
    },
    {
      says: "drops a null that is not allowed and has no default",
      schema: fields({ a: int, m: { type: "object", additionalProperties: int } }),
      spec: { a: null, m: { k: null, l: 1 } },
      want: { m: { l: 1 } },
    },
    {
      says: "keeps a null that is allowed",
      schema: fields({ a: { ...int, nullable: true, default: 3 } }),
      spec: { a: null },
      want: { a: null },
    },
    {
      says: "keeps a null item, which validation will report",
      schema: fields({ l: { type: "array", items: int } }),
      spec: { l: [1, null] },
      want: { l: [1, null] },
    },
  ])("$says", ({ schema, spec, want }) => {
    const object: JsonObject = { spec: cloneJson(spec) };
    applyDefaults(object, schemaOf(schema));
    expect(object).toEqual({ spec: want });
  });

  test("two objects never share a default", () => {
    const schema = schemaOf(
      fields({ o: fields({ l: { type: "array", items: int } }, { default: { l: [1] } }) }),
    );
    const [a, b]: [JsonObject, JsonObject] = [{ spec: {} }, { spec: {} }];
    applyDefaults(a, schema);
    applyDefaults(b, schema);
    ((a["spec"] as JsonObject)["o"] as JsonObject)["l"] = [2];
    expect(b).toEqual({ spec: { o: { l: [1] } } });
  });

  test("defaults of a loaded schema lose what the schema does not know", () => {
    const schema = pruneDefaults(schemaOf(fields({ o: fields({ a: int }, { default: { a: 1, b: 2 } }) })));
    const object: JsonObject = { spec: {} };
    applyDefaults(object, schema);
    expect(object).toEqual({ spec: { o: { a: 1 } } });
  });
});

describe("pruning", () => {
  test.each<{ says: string; schema: JsonObject; spec: JsonValue; want: JsonValue; removed: string[] }>([
    {
      says: "keeps what is declared",
      schema: fields({ a: int }),
      spec: { a: 1 },
      want: { a: 1 },
      removed: [],
    },
    {
      says: "names what it removes, also in lists",
      schema: fields({ l: { type: "array", items: fields({ a: int }) } }),
      spec: { x: 1, l: [{ a: 1, y: 2 }, { z: { w: 1 } }] },
      want: { l: [{ a: 1 }, {}] },
      removed: ["spec.l[0].y", "spec.l[1].z", "spec.x"],
    },
    {
      says: "keeps everything below a node that preserves, except where that declares fields",
      schema: fields({
        a: fields({ b: fields({ c: int }) }, { "x-kubernetes-preserve-unknown-fields": true }),
      }),
      spec: { a: { x: { y: 1 }, b: { c: 1, d: 2 } } },
      want: { a: { x: { y: 1 }, b: { c: 1 } } },
      removed: ["spec.a.b.d"],
    },
    {
      says: "keeps unknown fields of the items of a preserving list",
      schema: fields({
        l: { type: "array", "x-kubernetes-preserve-unknown-fields": true, items: fields({ a: int }) },
      }),
      spec: { l: [{ a: 1, b: 2 }] },
      want: { l: [{ a: 1, b: 2 }] },
      removed: [],
    },
    {
      says: "keeps the type and metadata of embedded resources",
      schema: fields({ t: fields({ spec: fields({ a: int }) }, { "x-kubernetes-embedded-resource": true }) }),
      spec: { t: { apiVersion: "v1", kind: "X", metadata: { any: 1 }, spec: { a: 1, b: 2 }, status: {} } },
      want: { t: { apiVersion: "v1", kind: "X", metadata: { any: 1 }, spec: { a: 1 } } },
      removed: ["spec.t.spec.b", "spec.t.status"],
    },
    {
      says: "empties objects below additionalProperties true, as kube-apiserver does",
      schema: fields({ m: { type: "object", additionalProperties: true } }),
      spec: { m: { a: 1, b: { c: 1 } } },
      want: { m: { a: 1, b: {} } },
      removed: ["spec.m.b.c"],
    },
  ])("$says", ({ schema, spec, want, removed }) => {
    const object: JsonObject = { apiVersion: "a/v1", kind: "K", metadata: { x: 1 }, spec: cloneJson(spec) };
    expect(prune(object, schemaOf(schema))).toEqual(removed);
    expect(object).toEqual({ apiVersion: "a/v1", kind: "K", metadata: { x: 1 }, spec: want });
  });

  test("keys named like parts of JavaScript objects are data", () => {
    const object = JSON.parse('{"spec":{"__proto__":{"a":1},"constructor":2,"a":1}}') as JsonObject;
    expect(prune(object, schemaOf(fields({ a: int })))).toEqual(["spec.__proto__", "spec.constructor"]);
    expect(object).toEqual({ spec: { a: 1 } });
  });
});
