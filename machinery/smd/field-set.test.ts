import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptySet, FieldSet, mergePatterns, prefixPattern } from "./field-set.ts";
import { decodeFieldsV1, encodeFieldsV1 } from "./fields-v1.ts";
import type { Path } from "./path-element.ts";
import { printPath } from "./path-element.ts";

// Few different elements, so that random sets overlap.
const element = fc.constantFrom("f:a", "f:b", "f:__proto__", 'k:{"name":"a"}', 'v:"a"', "i:0");
const path = fc.array(element, { minLength: 1, maxLength: 4 });
const paths = fc.array(path, { maxLength: 12 });
const set = paths.map((list) => FieldSet.of(...list));

const texts = (fields: FieldSet): string[] => [...fields.paths()].map(printPath);
const startsWith = (whole: Path, prefix: Path): boolean =>
  prefix.every((part, depth) => whole[depth] === part);

/** Asserts that a set has exactly the paths of the universe that the predicate says. */
function expectPaths(actual: FieldSet, universe: readonly Path[], has: (path: Path) => boolean): void {
  const expected = new Map(universe.filter(has).map((one) => [printPath(one), one]));
  expect(texts(actual).sort()).toEqual([...expected.keys()].sort());
  expect(actual.size).toBe(expected.size);
  expect(actual.isEmpty).toBe(expected.size === 0);
}

describe("field sets", () => {
  test("have the paths they were made of, and no other", () => {
    fc.assert(
      fc.property(paths, path, (list, other) => {
        const fields = FieldSet.of(...list);
        expectPaths(fields, list, () => true);
        expect(fields.has(other)).toBe(list.some((one) => printPath(one) === printPath(other)));
      }),
    );
  });

  test("the empty path, the whole object, is never a member", () => {
    expect(FieldSet.of([]).isEmpty).toBe(true);
    expect(FieldSet.of(["f:a"]).has([])).toBe(false);
  });

  test("union, intersection and differences are those of the path lists", () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const universe = [...a.paths(), ...b.paths()];
        expectPaths(a.union(b), universe, () => true);
        expectPaths(a.intersection(b), universe, (one) => a.has(one) && b.has(one));
        expectPaths(a.difference(b), universe, (one) => a.has(one) && !b.has(one));
        const gone = [...b.paths()];
        expectPaths(
          a.recursiveDifference(b),
          universe,
          (one) => a.has(one) && !gone.some((prefix) => startsWith(one, prefix)),
        );
      }),
    );
  });

  test("the algebra has its laws", () => {
    fc.assert(
      fc.property(set, set, set, (a, b, c) => {
        expect(a.union(b).equals(b.union(a))).toBe(true);
        expect(
          a
            .union(b)
            .union(c)
            .equals(a.union(b.union(c))),
        ).toBe(true);
        expect(a.intersection(b).equals(b.intersection(a))).toBe(true);
        expect(a.intersection(b.union(c)).equals(a.intersection(b).union(a.intersection(c)))).toBe(true);
        expect(a.difference(b).union(a.intersection(b)).equals(a)).toBe(true);
        expect(
          a
            .difference(b)
            .difference(c)
            .equals(a.difference(b.union(c))),
        ).toBe(true);
        expect(a.union(a)).toBe(a);
        expect(a.difference(a).isEmpty).toBe(true);
      }),
    );
  });

  test("operations that change nothing answer the same set, and never change their inputs", () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const before = [texts(a), texts(b)];
        const both = a.union(b);
        expect(both.union(a)).toBe(both);
        const left = a.difference(b);
        expect(left.difference(b)).toBe(left);
        expect(a.recursiveDifference(emptySet)).toBe(a);
        a.recursiveDifference(b);
        expect([texts(a), texts(b)]).toEqual(before);
      }),
    );
  });

  test("equality does not depend on how a set came to be", () => {
    fc.assert(
      fc.property(paths, (list) => {
        const forward = FieldSet.of(...list);
        const backward = list.reduceRight((sum, one) => sum.union(FieldSet.of(one)), emptySet);
        expect(forward.equals(backward)).toBe(true);
        expect(forward.toString()).toBe(backward.toString());
        expect(forward.equals(forward.union(FieldSet.of(["f:z"])))).toBe(false);
      }),
    );
  });

  test("leaves are the members with nothing below", () => {
    fc.assert(
      fc.property(set, (a) => {
        const all = [...a.paths()];
        expectPaths(
          a.leaves(),
          all,
          (one) => !all.some((other) => other.length > one.length && startsWith(other, one)),
        );
      }),
    );
  });

  test("below answers what is under an element", () => {
    const fields = FieldSet.of(["f:a"], ["f:a", "f:b"], ["f:a", "f:b", "i:0"], ["f:c"]);
    expect(texts(fields.below("f:a"))).toEqual([".b", ".b[0]"]);
    expect(fields.below("f:c").isEmpty).toBe(true);
    expect(fields.below("f:none").isEmpty).toBe(true);
  });

  test("members of a node are listed before the paths below it, in order", () => {
    const fields = FieldSet.of(["f:b"], ["f:a", "f:x"], ["f:c"], ["f:a"], ["f:b", "i:10"], ["f:b", "i:9"]);
    expect(texts(fields)).toEqual([".a", ".b", ".c", ".a.x", ".b[9]", ".b[10]"]);
  });

  test.each([
    { says: "everything", pattern: "all" as const, want: [".a", ".a.b", ".a.b.c", ".d.e"] },
    { says: "a prefix", pattern: prefixPattern("f:a", "f:b"), want: [".a", ".a.b", ".a.b.c"] },
    { says: "any first element", pattern: prefixPattern("*", "f:b"), want: [".a", ".a.b", ".a.b.c"] },
    { says: "another prefix", pattern: prefixPattern("f:d"), want: [".d.e"] },
    { says: "nothing there", pattern: prefixPattern("f:x"), want: [] },
    {
      says: "two prefixes",
      pattern: mergePatterns(prefixPattern("f:d", "f:e"), prefixPattern("f:a", "f:x")),
      want: [".a", ".d.e"],
    },
  ])("a filter includes $says", ({ pattern, want }) => {
    const fields = FieldSet.of(["f:a"], ["f:a", "f:b"], ["f:a", "f:b", "f:c"], ["f:d", "f:e"]);
    expect(texts(fields.filter(pattern))).toEqual(want);
  });
});

describe("FieldsV1", () => {
  test("decode after encode is the identity", () => {
    fc.assert(
      fc.property(set, (fields) => {
        expect(decodeFieldsV1(encodeFieldsV1(fields)).equals(fields)).toBe(true);
      }),
    );
  });

  test.each([
    { says: "nothing", fields: FieldSet.of(), json: "{}" },
    {
      says: "members that lead on",
      fields: FieldSet.of(["f:a"], ["f:a", "f:b"], ["f:c"]),
      json: '{"f:a":{".":{},"f:b":{}},"f:c":{}}',
    },
    {
      says: "nodes that only lead on",
      fields: FieldSet.of(["f:a", "f:b"]),
      json: '{"f:a":{"f:b":{}}}',
    },
    {
      says: "elements in order, the node itself first",
      fields: FieldSet.of(["f:l"], ["f:l", 'v:"x"'], ["f:l", "i:1"], ["f:l", 'k:{"n":1}'], ["f:l", "f:z"]),
      json: '{"f:l":{".":{},"f:z":{},"k:{\\"n\\":1}":{},"v:\\"x\\"":{},"i:1":{}}}',
    },
    {
      says: "hostile names",
      fields: FieldSet.of(["f:__proto__", "f:constructor"]),
      json: '{"f:__proto__":{"f:constructor":{}}}',
    },
  ])("writes $says", ({ fields, json }) => {
    expect(JSON.stringify(encodeFieldsV1(fields))).toBe(json);
  });

  test.each([
    { says: "an explicit self without children", json: { "f:a": { ".": {} } }, want: [".a"] },
    { says: "a self at the top, which means nothing", json: { ".": {}, "f:a": {} }, want: [".a"] },
    { says: "unknown elements left out", json: { "x:1": {}, "f:a": { "q:b": {} } }, want: [".a"] },
    { says: "keys in another order", json: { 'k:{"b":1,"a":2}': {} }, want: ["[a=2,b=1]"] },
  ])("reads $says", ({ json, want }) => {
    expect(texts(decodeFieldsV1(json))).toEqual(want);
  });

  test.each([
    { says: "an element without a kind", json: { abc: {} } },
    { says: "a node that is no object", json: { "f:a": 1 } },
    { says: "a key that is no JSON", json: { "k:{": {} } },
    { says: "a list", json: [] },
  ])("refuses $says", ({ json }) => {
    expect(() => decodeFieldsV1(json)).toThrow();
  });
});
