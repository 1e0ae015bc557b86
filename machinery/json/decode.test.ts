import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeJson, decodeStored, decodeKeepingBytes, decodeUtf8, isTooDeep } from "./decode.ts";
import { encodeJson } from "./encode.ts";
import type { JsonObject, JsonValue } from "./value.ts";

const messageOf = (text: string, maxDepth?: number): string => {
  try {
    decodeJson(text, maxDepth === undefined ? {} : { maxDepth });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

describe("decodeJson", () => {
  test.each<{ text: string; want: string }>([
    { text: "", want: "unexpected end of JSON input" },
    { text: "{", want: "unexpected end of JSON input" },
    { text: '{"a":', want: "unexpected end of JSON input" },
    { text: '"abc', want: "unexpected end of JSON input" },
    { text: "x", want: "invalid character 'x' looking for beginning of value" },
    { text: "'a'", want: "invalid character '\\'' looking for beginning of value" },
    { text: "é", want: "invalid character 'Ã' looking for beginning of value" },
    { text: "[1,]", want: "invalid character ']' looking for beginning of value" },
    { text: "{1}", want: "invalid character '1' looking for beginning of object key string" },
    { text: '{"a":1,}', want: "invalid character '}' looking for beginning of object key string" },
    { text: '{"a" 1}', want: "invalid character '1' after object key" },
    { text: '{"a":1 "b"}', want: "invalid character '\"' after object key:value pair" },
    { text: "[1 2]", want: "invalid character '2' after array element" },
    { text: "1 2", want: "invalid character '2' after top-level value" },
    { text: "01", want: "invalid character '1' after top-level value" },
    { text: "-x", want: "invalid character 'x' in numeric literal" },
    { text: "1.x", want: "invalid character 'x' after decimal point in numeric literal" },
    { text: "1ex", want: "invalid character 'x' in exponent of numeric literal" },
    { text: "trux", want: "invalid character 'x' in literal true (expecting 'e')" },
    { text: "nul", want: "invalid character ' ' in literal null (expecting 'l')" },
    { text: '"\\q"', want: "invalid character 'q' in string escape code" },
    { text: '"\\u12g4"', want: "invalid character 'g' in \\u hexadecimal character escape" },
    { text: '"a\nb"', want: "invalid character '\\n' in string literal" },
    { text: '"\u0001"', want: "invalid character '\\x01' in string literal" },
    { text: "1e400", want: "json: cannot unmarshal number 1e400 into Go value of type float64" },
    { text: "[1e400", want: "unexpected end of JSON input" },
  ])("refuses $text as Go does", ({ text, want }) => {
    expect(messageOf(text)).toBe(want);
  });

  test.each<{ says: string; text: string; want: JsonValue }>([
    { says: "keeps integers beyond 2^53 exact", text: "9007199254740993", want: 9007199254740993n },
    { says: "keeps the largest int64", text: "9223372036854775807", want: 9223372036854775807n },
    { says: "keeps the smallest int64", text: "-9223372036854775808", want: -9223372036854775808n },
    { says: "makes floats of larger integers", text: "9223372036854775808", want: 9223372036854775808 },
    { says: "reads 1.0 as 1", text: "1.0", want: 1 },
    { says: "reads 1e3 as 1000", text: "1e3", want: 1000 },
    { says: "reads -0 as 0", text: "-0", want: 0 },
    { says: "keeps the sign of -0.0", text: "-0.0", want: -0 },
    {
      says: "gives a large whole float the type of its stored form",
      text: "1e17",
      want: 100000000000000000n,
    },
    { says: "joins surrogate escapes", text: '"\\ud83d\\ude00"', want: "😀" },
    { says: "replaces a lone surrogate escape", text: '"\\ud83dx"', want: "\ufffdx" },
    { says: "keeps what follows a lone high surrogate", text: '"\\ud83d\\u0041"', want: "\ufffdA" },
    { says: "decodes escapes", text: '"\\"\\\\\\/\\b\\f\\n\\r\\t"', want: '"\\/\b\f\n\r\t' },
  ])("$says", ({ text, want }) => {
    expect(decodeJson(text).value).toEqual(want);
  });

  test.each<{ text: string; value: string; duplicates: string[] }>([
    { text: '{"a":1,"a":2}', value: '{"a":2}', duplicates: ["a"] },
    {
      text: '{"spec":{"items":[{"q":1,"q":{"z":1}}]}}',
      value: '{"spec":{"items":[{"q":{"z":1}}]}}',
      duplicates: ["spec.items[0].q"],
    },
    { text: '[{"a":1},{"a":1,"a":1,"a":3}]', value: '[{"a":1},{"a":3}]', duplicates: ["[1].a"] },
    { text: '{"__proto__":1,"__proto__":2}', value: '{"__proto__":2}', duplicates: ["__proto__"] },
    { text: '{"constructor":1,"toString":2}', value: '{"constructor":1,"toString":2}', duplicates: [] },
    { text: '{"a":{"b":1},"c":{"b":1},"b":1}', value: '{"a":{"b":1},"b":1,"c":{"b":1}}', duplicates: [] },
  ])("reports the duplicates of $text", ({ text, value, duplicates }) => {
    const decoded = decodeJson(text);
    expect(encodeJson(decoded.value)).toBe(value);
    expect(decoded.duplicates).toEqual(duplicates);
  });

  test("treats __proto__ as data", () => {
    const object = decodeJson('{"__proto__":{"polluted":true}}').value as JsonObject;
    expect(Object.keys(object)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
    expect("polluted" in object).toBe(false);
  });

  test("limits the depth", () => {
    expect(messageOf("[[[]]]", 3)).toBe("");
    expect(messageOf("[[[[]]]]", 3)).toBe("invalid character '[' exceeded max depth");
    expect(messageOf('{"a":[{"b":{}}]}', 3)).toBe("invalid character '{' exceeded max depth");
    expect(messageOf("[".repeat(200_000))).toBe("invalid character '[' exceeded max depth");
  });

  test("keeps each byte of invalid UTF-8 apart where it is asked to", () => {
    const text = decodeKeepingBytes(Buffer.from([0x61, 0xff, 0xc3, 0xa9, 0xed, 0xa0, 0x80]));
    expect(text).toBe("a\udcffé\udced\udca0\udc80");
    expect(encodeJson({ text })).toBe('{"text":"a\\ufffdé\\ufffd\\ufffd\\ufffd"}');
  });

  test("replaces each byte of invalid UTF-8", () => {
    const bytes = Buffer.concat([Buffer.from('"a'), Buffer.from([0xe2, 0x82, 0xff]), Buffer.from('é"')]);
    expect(decodeJson(bytes).value).toBe("a\ufffd\ufffd\ufffdé");
    expect(decodeUtf8(Buffer.from([0xc0, 0x80, 0xed, 0xa0, 0x80]))).toBe("\ufffd".repeat(5));
  });

  test("agrees with JSON.parse on any JSON of safe numbers", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        expect(encodeJson(decodeJson(text).value)).toBe(encodeJson(decodeJson(Buffer.from(text)).value));
        if (!/[0-9]{16}|-0|e\+/.test(text)) expect(decodeJson(text).value).toEqual(JSON.parse(text));
      }),
    );
  });

  test("accepts exactly what JSON.parse accepts", () => {
    const unit = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"',
      "\\",
      "1",
      "-",
      ".",
      "e",
      "0",
      "null",
      " ",
      "\n",
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        let native = true;
        try {
          JSON.parse(text);
        } catch {
          native = false;
        }
        expect(messageOf(text) === "").toBe(native);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("decodeStored", () => {
  test("gives what decodeJson gives for whatever encodeJson wrote", () => {
    const leaf = fc.oneof(
      fc.string(),
      // -0 is written as Go writes the float, and read as Go reads the integer.
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n)),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).filter((n) => n > 2n ** 53n || n < -(2n ** 53n)),
      fc.boolean(),
      fc.constant(null),
    );
    const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.string(), fc.constant("__proto__")), tie("value"), {
          maxKeys: 3,
          noNullPrototype: true,
        }),
      ),
    }));
    fc.assert(
      fc.property(value, (v) => {
        const bytes = Buffer.from(encodeJson(v));
        expect(decodeStored(bytes)).toEqual(decodeJson(bytes).value);
        expect(encodeJson(decodeStored(bytes))).toBe(bytes.toString());
      }),
    );
  });
});

test("stored bytes may nest deeper than what clients send, as managed fields do", () => {
  const deep = (levels: number): string => `${'{"a":'.repeat(levels)}9007199254740993${"}".repeat(levels)}`;
  expect(() => decodeJson(deep(1001))).toThrow("exceeded max depth");
  expect(decodeStored(Buffer.from(deep(1500)))).toBeDefined();
});

test("nesting that decoding would refuse is too deep", () => {
  const nested = (levels: number): JsonValue => (levels === 0 ? 1 : [nested(levels - 1)]);
  for (const levels of [999, 1000, 1001, 2000]) {
    const isRefused = levels > 1000;
    expect(isTooDeep(nested(levels))).toBe(isRefused);
    const decode = (): unknown => decodeJson(JSON.stringify(nested(levels)));
    if (isRefused) expect(decode).toThrow("exceeded max depth");
    else expect(decode).not.toThrow();
  }
});
