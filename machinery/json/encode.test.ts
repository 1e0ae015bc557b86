import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeJson } from "./decode.ts";
import { compareUtf8, encodeJson, encodeOrdered, encodePretty } from "./encode.ts";
import type { JsonObject, JsonValue } from "./value.ts";

test.each<{ says: string; value: JsonValue; want: string }>([
  { says: "sorts keys", value: { b: 1, a: { d: 1, c: 2 } }, want: '{"a":{"c":2,"d":1},"b":1}' },
  { says: "sorts keys that look like numbers as texts", value: { "2": 1, "10": 2 }, want: '{"10":2,"2":1}' },
  { says: "sorts keys by UTF-8 bytes", value: { "😀": 1, "\uffee": 2 }, want: '{"\uffee":2,"😀":1}' },
  {
    says: "escapes what HTML would take for markup",
    value: { "<": "&>" },
    want: '{"\\u003c":"\\u0026\\u003e"}',
  },
  { says: "escapes line separators", value: "\u2028\u2029", want: '"\\u2028\\u2029"' },
  {
    says: "escapes controls in Go's way",
    value: "\b\f\n\r\t\u0001\u007f",
    want: '"\\b\\f\\n\\r\\t\\u0001\u007f"',
  },
  { says: "keeps backslashes before markup", value: "\\<", want: '"\\\\\\u003c"' },
  { says: "replaces lone surrogates", value: "\ud800x", want: '"\\ufffdx"' },
  { says: "does not take text for an escaped surrogate", value: "\\ud800", want: '"\\\\ud800"' },
  { says: "writes large integers exactly", value: [2n ** 63n - 1n], want: "[9223372036854775807]" },
  { says: "keeps the sign of zero", value: [-0, 0], want: "[-0,0]" },
  {
    says: "writes small floats in Go's form",
    value: [1e-7, 0.000001, 1e21, 1.5],
    want: "[1e-7,0.000001,1e+21,1.5]",
  },
  { says: "writes empty containers", value: { a: [], b: {} }, want: '{"a":[],"b":{}}' },
])("encodeJson $says", ({ value, want }) => {
  expect(encodeJson(value)).toBe(want);
});

describe("encodeJson", () => {
  test("keeps __proto__ as a key", () => {
    const text = '{"__proto__":{"a":1},"b":2}';
    expect(encodeJson(decodeJson(text).value)).toBe(text);
  });

  test("refuses what JSON cannot say", () => {
    expect(() => encodeJson({ a: [Number.NaN] })).toThrow("json: unsupported value: NaN");
    expect(() => encodeJson(Number.POSITIVE_INFINITY)).toThrow(TypeError);
  });

  test("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue(), { noNullPrototype: true }),
        (object) => {
          const reversed = Object.fromEntries(Object.entries(object).reverse()) as JsonObject;
          expect(encodeJson(reversed)).toBe(encodeJson(object as JsonObject));
        },
      ),
    );
  });

  test("orders keys as their bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });
});

test("encodeOrdered keeps the order given", () => {
  expect(encodeOrdered({ kind: "Status", apiVersion: "v1", message: "<nil>" })).toBe(
    '{"kind":"Status","apiVersion":"v1","message":"\\u003cnil\\u003e"}',
  );
});

test("encodePretty indents by two spaces without a final newline", () => {
  const value: JsonValue = { b: [1, { c: "<" }], a: {}, e: [] };
  expect(encodePretty(value, { sorted: true })).toBe(
    '{\n  "a": {},\n  "b": [\n    1,\n    {\n      "c": "\\u003c"\n    }\n  ],\n  "e": []\n}',
  );
  expect(encodePretty(value, { sorted: false })).toMatch(/^\{\n {2}"b"/);
});
