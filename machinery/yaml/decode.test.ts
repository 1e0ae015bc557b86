import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeJson } from "../json/encode.ts";
import { decodeYaml, decodeYamlDocuments, printDuplicateKey, YamlSyntaxError } from "./decode.ts";

const json = (text: string): string => encodeJson(decodeYaml(text).value);

test.each<[string, string]>([
  ["a: yes", '{"a":true}'],
  ["a: on", '{"a":true}'],
  ["a: No", '{"a":false}'],
  ["a: y", '{"a":true}'],
  ['a: "yes"', '{"a":"yes"}'],
  ["a: ~", '{"a":null}'],
  ["a:", '{"a":null}'],
  ["a: Null", '{"a":null}'],
  ["a: 017", '{"a":15}'],
  ["a: 0o17", '{"a":15}'],
  ["a: 0x1F", '{"a":31}'],
  ["a: -0x1F", '{"a":-31}'],
  ["a: 0b11", '{"a":3}'],
  ["a: 1_000", '{"a":1000}'],
  ["a: 08", '{"a":8}'],
  ["a: +1", '{"a":1}'],
  ["a: 12:30:45", '{"a":"12:30:45"}'],
  ["a: 2001-01-01", '{"a":"2001-01-01"}'],
  ["a: 1e3", '{"a":1000}'],
  ["a: .5", '{"a":0.5}'],
  ["a: 1.", '{"a":1}'],
  ["a: 1e400", '{"a":"1e400"}'],
  ["a: 9007199254740993", '{"a":9007199254740993}'],
  ["a: 9223372036854775807", '{"a":9223372036854775807}'],
  ["a: 1.2.3", '{"a":"1.2.3"}'],
  ["a: 100m", '{"a":"100m"}'],
  ["a: =", '{"a":"="}'],
  ["1: a", '{"1":"a"}'],
  ["true: a", '{"true":"a"}'],
  ["on: a", '{"true":"a"}'],
  ["1.5: a", '{"1.5":"a"}'],
  ["0x10: a", '{"16":"a"}'],
  ["a: !!str 1", '{"a":"1"}'],
  ['a: !!int "5"', '{"a":5}'],
  ["a: !!binary aGVsbG8=", '{"a":"hello"}'],
  ["a: !foo x", '{"a":"x"}'],
  ["a: |\n  x\n   y\n", '{"a":"x\\n y\\n"}'],
  ["a: >\n  x\n  y\n", '{"a":"x y\\n"}'],
  ["a: |\n  x", '{"a":"x"}'],
  ["a: |-\n  x\n", '{"a":"x"}'],
  ["a: |+\n  x\n\n", '{"a":"x\\n\\n"}'],
  ["x: &a {p: 1}\nz: *a", '{"x":{"p":1},"z":{"p":1}}'],
  ["x: &a {p: 1, q: 2}\nz:\n  <<: *a\n  q: 3", '{"x":{"p":1,"q":2},"z":{"p":1,"q":3}}'],
  ["x: &a {p: 1}\nz:\n  <<: [*a, {p: 9, r: 1}]", '{"x":{"p":1},"z":{"p":1,"r":1}}'],
  ['"<<": {a: 1}', '{"\\u003c\\u003c":{"a":1}}'],
  ["&a a: *a", '{"a":"a"}'],
  ["", "null"],
  ["# only a comment", "null"],
  ["---\na: 1\n---\nb: 2", '{"a":1}'],
  ["__proto__: {a: 1}", '{"__proto__":{"a":1}}'],
  ['{"a": 1.0}', '{"a":1}'],
  ["- a\n- - b", '["a",["b"]]'],
  ["a:\n- b\n- c: d\n", '{"a":["b",{"c":"d"}]}'],
])("%j reads as %s", (text, want) => {
  expect(json(text)).toBe(want);
});

test.each<[string, string]>([
  ["a: 1\nb: c: d", "yaml: line 2: mapping values are not allowed in this context"],
  ["a:\n\t- b", "yaml: line 2: found character that cannot start any token"],
  ["a: @x", "yaml: line 1: found character that cannot start any token"],
  ['a: "\\q"', "yaml: line 1: found unknown escape character"],
  ["a: *nope", "yaml: unknown anchor 'nope' referenced"],
  ["a: &x [*x]", "yaml: anchor 'x' value contains itself"],
  ["? [a, 1, ~, true]\n: b", 'yaml: invalid map key: []interface {}{"a", 1, interface {}(nil), true}'],
  [
    "{{b: c, a: [d]}: e}",
    'yaml: invalid map key: map[interface {}]interface {}{"a":[]interface {}{"d"}, "b":"c"}',
  ],
  ["~: a", 'unsupported map key of type: %!s(<nil>), key: <nil>, value: "a"'],
  ["a: !!binary '?'", "yaml: !!binary value contains invalid base64 data"],
  ["<<: 5", "yaml: map merge requires map or sequence of maps as the value"],
  ["a: !!int x", "yaml: cannot decode !!str `x` as a !!int"],
  ["a: .inf", "json: unsupported value: +Inf"],
])("%j fails: %s", (text, message) => {
  expect(() => decodeYaml(text)).toThrow(YamlSyntaxError);
  expect(() => decodeYaml(text)).toThrow(`error converting YAML to JSON: ${message}`);
});

test.each<[string, string[]]>([
  ["a: 1\nb: 2\n\na: 3", ['line 4: key "a" already set in map']],
  ['{"color": 1,\n "color": 2}', ['line 2: key "color" already set in map']],
  ["a:\n  b: 1\n  b: 2\nb: 3", ['line 3: key "b" already set in map']],
  ["a: 1\nb: 1", []],
])("%j has the duplicates %j", (text, want) => {
  expect(decodeYaml(text).duplicates.map(printDuplicateKey)).toEqual(want);
});

test("reads all documents of a stream and leaves out empty ones", () => {
  const decoded = decodeYamlDocuments("# head\n---\na: 1\n---\n---\nb: 2\n...\n");
  expect(decoded.map(({ value }) => value)).toEqual([{ a: 1 }, { b: 2 }]);
  expect(decodeYamlDocuments("")).toEqual([]);
});

describe("limits", () => {
  test("size", () => {
    expect(() => decodeYaml("a: bcdef", { maxBytes: 7 })).toThrow("larger than 7 bytes");
  });

  test("depth", () => {
    expect(json("[[[1]]]")).toBe("[[[1]]]");
    expect(() => decodeYaml("a: [[[1]]]", { maxDepth: 3 })).toThrow("exceeded max depth");
    expect(() => decodeYaml(`a: ${"[".repeat(50_000)}`)).toThrow("exceeded max depth");
    expect(() => decodeYaml("- ".repeat(50_000))).toThrow("exceeded max depth");
  });

  test("aliases cannot multiply without bound", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 9; i++) {
      const alias = `*a${String(i - 1)}`;
      lines.push(`a${String(i)}: &a${String(i)} [${Array.from({ length: 9 }, () => alias).join(", ")}]`);
    }
    expect(() => decodeYaml(lines.join("\n"))).toThrow("document contains excessive aliasing");
  });
});

test.each<[string, string | Buffer, string]>([
  ["control characters", "a: \u0007", "control characters are not allowed"],
  ["control characters in quotes", 'a: "\u0000"', "control characters are not allowed"],
  ["bytes that are no UTF-8", Buffer.from([0x61, 0x3a, 0x20, 0xff]), "invalid leading UTF-8 octet"],
])("refuses %s", (_, input, message) => {
  expect(() => decodeYaml(input)).toThrow(message);
});

test("JSON is YAML", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const text = JSON.stringify(value);
      fc.pre(!/[\u0085\u2028\u2029\ufeff]|e[+-]?[0-9]/.test(text));
      expect(JSON.parse(json(text))).toEqual(JSON.parse(text));
    }),
  );
});
