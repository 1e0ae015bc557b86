import { describe, expect, test } from "vitest";
import type { JsonValue } from "../json/value.ts";
import type { Structural } from "../schema/structural.ts";
import { compileResourceType, compileType } from "./compile.ts";
import { printPath } from "./path-element.ts";
import { toFieldSet } from "./to-field-set.ts";
import { checkType, printProblems } from "./validate.ts";

const object = (
  properties: Readonly<Record<string, Structural>>,
  more: Partial<Structural> = {},
): Structural => ({
  type: "object",
  properties: new Map(Object.entries(properties)),
  ...more,
});
const string: Structural = { type: "string" };
const list = (items: Structural, more: Partial<Structural> = {}): Structural => ({
  type: "array",
  items,
  ...more,
});
const free: Structural = { type: "object", preserveUnknownFields: true };

const paths = (value: JsonValue, schema: Structural): string[] =>
  [...toFieldSet(value, compileType(schema)).paths()].map(printPath);

describe("ownership by schema", () => {
  test.each<{ says: string; schema: Structural; value: JsonValue; want: string[] }>([
    {
      says: "declared fields are owned by their leaves",
      schema: object({ a: object({ b: string }) }),
      value: { a: { b: "x" } },
      want: [".a.b"],
    },
    {
      says: "empty objects and null are leaves",
      schema: object({ a: free, b: string }),
      value: { a: {}, b: null },
      want: [".a", ".b"],
    },
    {
      says: "entries of maps are owned themselves, too",
      schema: object({ m: { type: "object", additionalProperties: object({ x: string }) } }),
      value: { m: { k: { x: "y" } } },
      want: [".m.k", ".m.k.x"],
    },
    {
      says: "an atomic object is one leaf",
      schema: object({ a: object({ b: string }, { mapType: "atomic" }) }),
      value: { a: { b: "x" } },
      want: [".a"],
    },
    {
      says: "lists are atomic unless said otherwise",
      schema: object({ l: list(string) }),
      value: { l: ["a"] },
      want: [".l"],
    },
    {
      says: "sets are owned by value",
      schema: object({ l: list(string, { listType: "set" }) }),
      value: { l: ["b", "a"] },
      want: ['.l[="a"]', '.l[="b"]'],
    },
    {
      says: "list maps are owned by keys, absent ones by their default",
      schema: object({
        l: list(object({ n: string, p: { type: "string", default: "TCP" } }), {
          listType: "map",
          listMapKeys: ["n", "p"],
        }),
      }),
      value: { l: [{ n: "a" }, { n: "b", p: "UDP" }] },
      want: [
        '.l[n="a",p="TCP"]',
        '.l[n="b",p="UDP"]',
        '.l[n="a",p="TCP"].n',
        '.l[n="b",p="UDP"].n',
        '.l[n="b",p="UDP"].p',
      ],
    },
    {
      says: "items that occur twice are one leaf",
      schema: object({ l: list(object({ n: string, v: string }), { listType: "map", listMapKeys: ["n"] }) }),
      value: { l: [{ n: "a", v: "1" }, { n: "a", v: "2" }, { n: "b" }] },
      want: ['.l[n="a"]', '.l[n="b"]', '.l[n="b"].n'],
    },
    {
      says: "a merge key of strategic merge patch makes a list map",
      schema: object({
        l: list(object({ n: string }), { patchStrategy: "merge,retainKeys", patchMergeKey: "n" }),
      }),
      value: { l: [{ n: "a" }] },
      want: ['.l[n="a"]', '.l[n="a"].n'],
    },
    {
      says: "a patch strategy without a merge key makes a set",
      schema: object({ l: list(string, { patchStrategy: "merge" }) }),
      value: { l: ["a"] },
      want: ['.l[="a"]'],
    },
    {
      says: "what is not declared is deduced: maps by entry, lists whole",
      schema: object({ f: free }),
      value: { f: { a: { b: 1 }, c: [{ d: 1 }] } },
      want: [".f.a", ".f.c", ".f.a.b"],
    },
    {
      says: "preserving unknown fields goes down to what is declared below",
      schema: object({ f: object({ a: object({ b: string }) }, { preserveUnknownFields: true }) }),
      value: { f: { a: { b: "x", u: { v: 1 } } } },
      want: [".f.a.b", ".f.a.u", ".f.a.u.v"],
    },
    {
      says: "an int or string is a leaf",
      schema: object({ p: { intOrString: true } }),
      value: { p: "80%" },
      want: [".p"],
    },
    {
      says: "an object without declared fields is free",
      schema: object({ o: { type: "object" } }),
      value: { o: { a: 1 } },
      want: [".o.a"],
    },
    {
      says: "additionalProperties: true is free",
      schema: object({ o: { type: "object", additionalProperties: true } }),
      value: { o: { a: { b: 1 } } },
      want: [".o.a", ".o.a.b"],
    },
    {
      says: "an embedded resource has metadata of its own",
      schema: object({ e: object({ spec: string }, { embeddedResource: true }) }),
      value: { e: { apiVersion: "v1", kind: "X", metadata: { labels: { a: "b" }, finalizers: ["f"] } } },
      want: [".e.apiVersion", ".e.kind", '.e.metadata.finalizers[="f"]', ".e.metadata.labels.a"],
    },
  ])("$says", ({ schema, value, want }) => {
    expect(paths(value, schema)).toEqual(want);
  });
});

describe("the type of a resource", () => {
  const verdict = (value: JsonValue, of: Structural): string => {
    const problems = checkType(value, compileResourceType(of));
    return problems.length === 0 ? "fits" : printProblems(problems);
  };
  const schema = object({
    spec: object({ a: string, t: { type: "string", format: "date-time" }, b: { type: "boolean" } }),
  });

  test.each<{ says: string; value: JsonValue; want: string }>([
    {
      says: "apiVersion, kind and metadata",
      value: { apiVersion: "v1", kind: "X", metadata: { name: "n" } },
      want: "fits",
    },
    {
      says: "an undeclared field at the top",
      value: { bogus: 1 },
      want: ".bogus: field not declared in schema",
    },
    {
      says: "an undeclared field of metadata",
      value: { metadata: { bogus: 1 } },
      want: ".metadata.bogus: field not declared in schema",
    },
    {
      says: "labels that are no strings",
      value: { metadata: { labels: { a: 1 } } },
      want: ".metadata.labels.a: expected string, got &value.valueUnstructured{Value:1}",
    },
    { says: "any scalar where the string has a format", value: { spec: { t: 5 } }, want: "fits" },
    {
      says: "a string that is none",
      value: { spec: { a: [1, "b", null] } },
      want: '.spec.a: expected string, got &value.valueUnstructured{Value:[]interface {}{1, "b", interface {}(nil)}}',
    },
    {
      says: "a boolean that is none",
      value: { spec: { b: { y: 1, x: null } } },
      want: ".spec.b: expected boolean, got &{map[x:<nil> y:1]}",
    },
    { says: "null anywhere", value: { metadata: null, spec: { a: null } }, want: "fits" },
    {
      says: "two problems",
      value: { spec: { a: true, b: "x" } },
      want: "errors:\n  .spec.a: expected string, got &value.valueUnstructured{Value:true}\n  .spec.b: expected boolean, got &{x}",
    },
  ])("$says", ({ value, want }) => {
    expect(verdict(value, schema)).toBe(want);
  });
});
