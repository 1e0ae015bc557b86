import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeJson } from "../json/decode.ts";
import { encodeJson } from "../json/encode.ts";
import type { JsonValue } from "../json/value.ts";
import { cloneJson, isObject } from "../json/value.ts";
import { applyMergePatch, createMergePatch, readMergePatch } from "./merge-patch.ts";

// The table of RFC 7386, appendix A.
test.each<[string, string, string]>([
  ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
  ['{"a":"b"}', '{"a":null}', "{}"],
  ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
  ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
  ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
  ['["a","b"]', '["c","d"]', '["c","d"]'],
  ['{"a":"b"}', '["c"]', '["c"]'],
  ['{"a":"foo"}', "null", "null"],
  ['{"a":"foo"}', '"bar"', '"bar"'],
  ['{"e":null}', '{"a":1}', '{"a":1,"e":null}'],
  ["[1,2]", '{"a":"b","c":null}', '{"a":"b"}'],
  ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ['{"__proto__":{"a":1}}', '{"__proto__":{"b":2}}', '{"__proto__":{"a":1,"b":2}}'],
  ["{}", '{"__proto__":{"b":2}}', '{"__proto__":{"b":2}}'],
  ['{"a":[{"b":null}]}', "{}", '{"a":[{"b":null}]}'],
])("%s patched with %s is %s", (target, patch, want) => {
  const before = decodeJson(target).value;
  const result = applyMergePatch(before, decodeJson(patch).value);
  expect(encodeJson(result)).toBe(want);
  expect(encodeJson(before)).toBe(encodeJson(decodeJson(target).value));
});

const { value: withoutNull } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<JsonValue>(true, 1, "a"),
    fc.array(tie("value"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { noNullPrototype: true }),
  ),
}));

test("a created patch turns one value into the other", () => {
  fc.assert(
    fc.property(withoutNull, withoutNull, (from, to) => {
      const patch = createMergePatch(from, to);
      expect(patch === undefined ? from : applyMergePatch(from, patch)).toEqual(to);
    }),
  );
});

test("null members of what is new are left out, in lists too, as kube-apiserver does", () => {
  expect(applyMergePatch({}, { a: [{ b: null, c: [{ d: null }] }, null] })).toEqual({
    a: [{ c: [{}] }, null],
  });
  expect(applyMergePatch({ a: {} }, { a: [{ b: null }] })).toEqual({ a: [{ b: null }] });
});

/** A list that takes the place of an object keeps its nulls the first time only. */
const hasNullInList = (value: JsonValue): boolean => {
  if (Array.isArray(value)) return JSON.stringify(value).includes(":null");
  return isObject(value) && Object.values(value).some(hasNullInList);
};

test("patching twice is patching once", () => {
  fc.assert(
    fc.property(withoutNull, fc.jsonValue() as fc.Arbitrary<JsonValue>, (target, patch) => {
      fc.pre(!hasNullInList(patch));
      const once = applyMergePatch(target, patch);
      expect(applyMergePatch(once, patch)).toEqual(once);
    }),
  );
});

test("the result shares nothing with its arguments", () => {
  const target = { a: { x: [1] }, b: { y: [1] } };
  const patch = { b: { z: [2] } };
  const result = applyMergePatch(target, patch) as { a: { x: number[] }; b: { y: number[]; z: number[] } };
  result.a.x.push(9);
  result.b.y.push(9);
  result.b.z.push(9);
  expect(cloneJson(target)).toEqual({ a: { x: [1] }, b: { y: [1] } });
  expect(patch).toEqual({ b: { z: [2] } });
});

test.each<[JsonValue, string]>([
  [[], "array"],
  ["x", "string"],
  [1n, "number"],
  [true, "bool"],
  [null, "null"],
])("%s cannot patch an object", (value, name) => {
  expect(() => readMergePatch(value)).toThrow(
    `json: cannot unmarshal ${name} into Go value of type map[string]interface {}`,
  );
});
