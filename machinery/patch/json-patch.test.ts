import fc from "fast-check";
import type { Operation } from "rfc6902";
import { applyPatch } from "rfc6902";
import { describe, expect, test } from "vitest";
import { decodeJson } from "../json/decode.ts";
import { encodeJson } from "../json/encode.ts";
import type { JsonValue } from "../json/value.ts";
import { cloneJson, equalJson, isObject } from "../json/value.ts";
import { diffJson } from "./diff.ts";
import type { JsonPatch } from "./json-patch.ts";
import { applyJsonPatch, isKnownToPatch, PatchError, readJsonPatch } from "./json-patch.ts";

test.each<{ says: string; doc: JsonValue; patch: JsonPatch; want: JsonValue }>([
  {
    says: "adds a member",
    doc: { foo: "bar" },
    patch: [{ op: "add", path: "/baz", value: "q" }],
    want: { foo: "bar", baz: "q" },
  },
  { says: "replaces by adding", doc: { a: 1 }, patch: [{ op: "add", path: "/a", value: 2 }], want: { a: 2 } },
  { says: "inserts into a list", doc: [1, 3], patch: [{ op: "add", path: "/1", value: 2 }], want: [1, 2, 3] },
  { says: "appends by index", doc: [1], patch: [{ op: "add", path: "/1", value: 2 }], want: [1, 2] },
  { says: "appends by dash", doc: [1], patch: [{ op: "add", path: "/-", value: [2] }], want: [1, [2]] },
  {
    says: "replaces the whole document",
    doc: { a: 1 },
    patch: [{ op: "replace", path: "", value: [] }],
    want: [],
  },
  { says: "removes a member", doc: { a: 1, b: 2 }, patch: [{ op: "remove", path: "/a" }], want: { b: 2 } },
  { says: "removes an item", doc: [1, 2, 3], patch: [{ op: "remove", path: "/1" }], want: [1, 3] },
  {
    says: "replaces with null",
    doc: { a: 1 },
    patch: [{ op: "replace", path: "/a", value: null }],
    want: { a: null },
  },
  {
    says: "moves a member",
    doc: { a: { b: 1 } },
    patch: [{ op: "move", from: "/a/b", path: "/c" }],
    want: { a: {}, c: 1 },
  },
  {
    says: "moves within a list",
    doc: [1, 2, 3],
    patch: [{ op: "move", from: "/0", path: "/2" }],
    want: [2, 3, 1],
  },
  {
    says: "moves onto itself",
    doc: { a: 1 },
    patch: [{ op: "move", from: "/a", path: "/a" }],
    want: { a: 1 },
  },
  {
    says: "copies",
    doc: { a: [1] },
    patch: [
      { op: "copy", from: "/a", path: "/b" },
      { op: "add", path: "/b/-", value: 2 },
    ],
    want: { a: [1], b: [1, 2] },
  },
  {
    says: "tests deeply and unescapes pointers",
    doc: { "a/b": { "m~n": [1] } },
    patch: [{ op: "test", path: "/a~1b/m~0n", value: [1] }],
    want: { "a/b": { "m~n": [1] } },
  },
  {
    says: "reads ~01 as ~1",
    doc: { "~1": 1 },
    patch: [{ op: "test", path: "/~01", value: 1 }],
    want: { "~1": 1 },
  },
  {
    says: "takes a missing member for null in tests",
    doc: {},
    patch: [{ op: "test", path: "/a", value: null }],
    want: {},
  },
  {
    says: "knows the empty key",
    doc: { "": 1 },
    patch: [{ op: "replace", path: "/", value: 2 }],
    want: { "": 2 },
  },
  {
    says: "counts negative indices from the end",
    doc: [1, 2, 3],
    patch: [
      { op: "remove", path: "/-1" },
      { op: "add", path: "/-1", value: 4 },
    ],
    want: [1, 2, 4],
  },
  {
    says: "reads indices with a sign or zeros in front",
    doc: [1, 2, 3],
    patch: [
      { op: "remove", path: "/01" },
      { op: "replace", path: "/+1", value: 4 },
    ],
    want: [1, 4],
  },
  {
    says: "leaves out what stands before the first slash of a path",
    doc: { a: 1, b: 2 },
    patch: [{ op: "remove", path: "x/a" }],
    want: { b: 2 },
  },
  {
    says: "copies a member that is not there as null",
    doc: {},
    patch: [{ op: "copy", from: "/a", path: "/b" }],
    want: { b: null },
  },
])("$says", ({ doc, patch, want }) => {
  const before = cloneJson(doc);
  expect(applyJsonPatch(doc, patch)).toEqual(want);
  expect(doc).toEqual(before);
});

test.each<{ says: string; doc: JsonValue; patch: JsonPatch }>([
  { says: "removing what is not there", doc: {}, patch: [{ op: "remove", path: "/a" }] },
  { says: "replacing below what is not there", doc: {}, patch: [{ op: "replace", path: "/a/b", value: 1 }] },
  { says: "adding below what is not there", doc: {}, patch: [{ op: "add", path: "/a/b", value: 1 }] },
  { says: "adding below a primitive", doc: { a: 1 }, patch: [{ op: "add", path: "/a/b", value: 1 }] },
  { says: "an index beyond the end", doc: [1], patch: [{ op: "add", path: "/2", value: 1 }] },
  { says: "an index before the beginning", doc: [1], patch: [{ op: "remove", path: "/-2" }] },
  { says: "a document that is no container", doc: 1, patch: [{ op: "test", path: "", value: 1 }] },
  { says: "a root that would be no container", doc: {}, patch: [{ op: "replace", path: "", value: 1 }] },
  { says: "an operation without a path", doc: {}, patch: [{ op: "add", value: 1 }] },
  { says: "the root as the place to add", doc: {}, patch: [{ op: "add", path: "", value: {} }] },
  { says: "a dash where an item must be", doc: [1], patch: [{ op: "remove", path: "/-" }] },
  { says: "a test that does not hold", doc: { a: "1" }, patch: [{ op: "test", path: "/a", value: 1 }] },
  {
    says: "copies of copies without end",
    doc: { a: { b: "x".repeat(1000) } },
    patch: Array.from({ length: 60 }, (_, i) => ({ op: "copy", from: "/a", path: `/a/k${String(i)}` })),
  },
  {
    says: "many copies of something large",
    doc: { a: "x".repeat(1_000_000) },
    patch: Array.from({ length: 5000 }, (_, i) => ({ op: "copy", from: "/a", path: `/k${String(i)}` })),
  },
  { says: "a missing from", doc: {}, patch: [{ op: "copy", path: "/a" }] },
  { says: "moving into itself", doc: { a: {} }, patch: [{ op: "move", from: "/a", path: "/a/b" }] },
  { says: "an unknown operation", doc: {}, patch: [{ op: "spam", path: "/a" }] },
  { says: "an inherited member", doc: {}, patch: [{ op: "remove", path: "/constructor" }] },
  {
    says: "a path through an inherited member",
    doc: {},
    patch: [{ op: "add", path: "/__proto__/x", value: 1 }],
  },
  {
    says: "a failure after a success",
    doc: { a: 1 },
    patch: [
      { op: "remove", path: "/a" },
      { op: "remove", path: "/a" },
    ],
  },
])("fails on $says and changes nothing", ({ doc, patch }) => {
  const before = cloneJson(doc);
  expect(() => applyJsonPatch(doc, patch)).toThrow(PatchError);
  expect(doc).toEqual(before);
});

test("treats __proto__ as an ordinary key", () => {
  const result = applyJsonPatch({}, [{ op: "add", path: "/__proto__", value: { x: 1 } }]);
  expect(encodeJson(result)).toBe('{"__proto__":{"x":1}}');
  expect("x" in (result as object)).toBe(false);
});

describe("readJsonPatch", () => {
  test("knows four members of an operation, and nothing of values", () => {
    const { value, problems } = decodeJson(
      '[{"op":"add","foo":{"a":1,"a":2},"path":"/a","value":{"b":1,"b":2},"foo":3,"op":"add"},{"1":1,"op":"remove","path":"/b"}]',
      { isKnown: isKnownToPatch },
    );
    expect(readJsonPatch(value)).toEqual([
      { op: "add", path: "/a", value: { b: 2 } },
      { op: "remove", path: "/b" },
    ]);
    expect(problems.map(({ what, path }) => `${what} ${path}`)).toEqual([
      "unknown [0].foo",
      "duplicate [0].value.b",
      "duplicate [0].op",
      "unknown [1].1",
    ]);
  });

  test("keeps an explicit null value apart from none", () => {
    expect(readJsonPatch([{ op: "add", path: "/a", value: null }])[0]).toHaveProperty("value", null);
    expect(readJsonPatch([{ op: "remove", path: "/a" }])[0]).not.toHaveProperty("value");
  });

  test.each<[JsonValue, string]>([
    [{}, "json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"],
    ["x", "json: cannot unmarshal string into Go value of type []handlers.jsonPatchOp"],
    [[1], "json: cannot unmarshal number into Go value of type handlers.jsonPatchOp"],
    [[{ op: true }], "json: cannot unmarshal bool into Go struct field jsonPatchOp.op of type string"],
  ])("refuses %j", (value, message) => {
    expect(() => readJsonPatch(value)).toThrow(new PatchError(message));
  });
});

const leaf = fc.constantFrom<JsonValue>(null, true, 1, 2, "a", "b");
const { value: anyValue } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom("a", "b", "c/d", "e~f", "0"), tie("value"), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
}));

const { value: anyMap } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    // The oracle indexes texts as if they were lists.
    fc.constantFrom<JsonValue>(1, 2, true),
    fc.dictionary(fc.constantFrom("a", "b", "c/d", "0"), tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

/** What the package rfc6902 makes of a patch; undefined when it fails, for which it sometimes throws. */
function rfc6902(doc: JsonValue, patch: JsonPatch): { root: JsonValue } | undefined {
  const box = { root: cloneJson(doc) };
  const operations = patch.map((operation) => ({
    ...structuredClone(operation),
    path: `/root${operation.path}`,
    ...(operation.from === undefined ? {} : { from: `/root${operation.from}` }),
  }));
  try {
    return applyPatch(box, operations as Operation[]).every((result) => result === null) ? box : undefined;
  } catch {
    return undefined;
  }
}

describe("laws", () => {
  const aDocument = anyMap.filter((value) => isObject(value));

  test("a diff turns one value into the other", () => {
    fc.assert(
      fc.property(aDocument, aDocument, (from, to) => {
        expect(applyJsonPatch(from, diffJson(from, to))).toEqual(to);
      }),
    );
  });

  test("a diff is empty exactly when nothing changed", () => {
    fc.assert(
      fc.property(anyValue, anyValue, (from, to) => {
        expect(diffJson(from, to).length === 0).toBe(equalJson(from, to));
        expect(diffJson(from, cloneJson(from))).toEqual([]);
      }),
    );
  });

  const token = fc.constantFrom("a", "b", "c~1d", "0", "1", "-");
  const path = fc
    .array(token, { minLength: 1, maxLength: 3 })
    .map((tokens) => tokens.map((t) => `/${t}`).join(""));
  const operationOn = (value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonPatch[number]> =>
    fc.oneof(
      fc.record({ op: fc.constantFrom("add", "replace"), path, value }),
      // The oracle knows no null for an absent member.
      fc.record({ op: fc.constant("test"), path, value: value.filter((v) => v !== null) }),
      fc.record({ op: fc.constant("remove"), path }),
      fc.record({ op: fc.constantFrom("move", "copy"), path, from: path }),
    );
  /** Out of a list, to somewhere in what stands beside it: the oracle looks up where to before the list is shorter. */
  const movesWhatItPasses = ({ op, from, path: to }: JsonPatch[number]): boolean => {
    const list = /^(.*)\/\d+$/.exec(op === "move" ? (from ?? "") : "")?.[1];
    return (
      list !== undefined && to?.startsWith(`${list}/`) === true && to.slice(list.length + 1).includes("/")
    );
  };
  // The oracle lets a value move into itself.
  const harmless = (patch: JsonPatch): boolean =>
    !patch.some(
      (o) => (o.from !== undefined && o.path?.startsWith(`${o.from}/`) === true) || movesWhatItPasses(o),
    );

  test("what moves out of a list moves to where things are then", () => {
    const patch = [{ op: "move", path: "/1/a", from: "/0" }];
    expect(applyJsonPatch([null, [], {}], patch)).toEqual([[], { a: null }]);
  });

  /** It refuses to replace or copy a member that is not there; kube-apiserver does not. */
  const isStricterThere = (patch: JsonPatch): boolean =>
    patch.some((o) => o.op === "replace" || o.op === "copy");

  test("replacing a member that is not there adds it, as kube-apiserver does", () => {
    expect(applyJsonPatch({}, [{ op: "replace", path: "/a", value: 1 }])).toEqual({ a: 1 });
  });

  test("whatever is accepted has the result of rfc6902", () => {
    fc.assert(
      fc.property(anyValue, fc.array(operationOn(anyValue), { maxLength: 3 }), (doc, patch) => {
        fc.pre(harmless(patch));
        const oracle = rfc6902(doc, patch);
        if (oracle !== undefined) {
          let ours: JsonValue;
          try {
            ours = applyJsonPatch(doc, patch);
          } catch {
            return;
          }
          expect(ours).toEqual(oracle.root);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("without lists, whose indexes rfc6902 does not check, exactly what it accepts is accepted", () => {
    fc.assert(
      fc.property(aDocument, fc.array(operationOn(anyMap), { maxLength: 3 }), (doc, patch) => {
        fc.pre(harmless(patch));
        const oracle = rfc6902(doc, patch);
        if (oracle === undefined && isStricterThere(patch)) return;
        if (oracle === undefined) expect(() => applyJsonPatch(doc, patch)).toThrow(PatchError);
        else expect(applyJsonPatch(doc, patch)).toEqual(oracle.root);
      }),
      { numRuns: 2000 },
    );
  });
});
