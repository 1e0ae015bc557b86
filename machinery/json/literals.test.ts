import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encodeJson } from "./encode.ts";
import { decodeLiterals, encodeLiterals } from "./literals.ts";
import type { JsonValue } from "./value.ts";

test.each([
  {
    sent: ' { "b" : 1.50 , "a" : [ 1e3, -0, 9007199254740993 ] } ',
    shown: '{"a":[1e3,-0,9007199254740993],"b":1.50}',
  },
  { sent: String.raw`["\u00e9\/", "é", true, null]`, shown: String.raw`["\u00e9\/","é",true,null]` },
  { sent: '{"<k>": "<&>"}', shown: String.raw`{"\u003ck\u003e":"\u003c\u0026\u003e"}` },
  { sent: '{"__proto__": 1, "10": 1, "9": 2.0}', shown: '{"10":1,"9":2.0,"__proto__":1}' },
])("$sent is shown as $shown", ({ sent, shown }) => {
  expect(encodeLiterals(decodeLiterals(sent))).toBe(shown);
});

test("what was encoded here is shown as it was encoded", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = encodeJson(value as JsonValue);
      expect(encodeLiterals(decodeLiterals(text))).toBe(text);
    }),
  );
});

test("equal values that are written differently differ, and equal texts do not", () => {
  expect(decodeLiterals("[1.0, 1]")).toEqual(["1.0", "1"]);
  expect(decodeLiterals(String.raw`["<", "\u003c"]`)).toEqual(['"<"', String.raw`"\u003c"`]);
});
