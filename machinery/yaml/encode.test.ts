import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonValue } from "../json/value.ts";
import { decodeYaml } from "./decode.ts";
import { encodeYaml } from "./encode.ts";
import { compareKeys } from "./key-order.ts";

test.each<{ says: string; value: JsonValue; want: string }>([
  {
    says: "sorts keys and does not indent lists",
    value: { b: [1, { d: 1, c: [2] }], a: "x" },
    want: "a: x\nb:\n- 1\n- c:\n  - 2\n  d: 1\n",
  },
  { says: "nests lists", value: [[1, [2]], {}], want: "- - 1\n  - - 2\n- {}\n" },
  {
    says: "writes empty containers in flow form",
    value: { a: {}, b: [], c: null },
    want: "a: {}\nb: []\nc: null\n",
  },
  {
    says: "quotes what would be read as something else",
    value: ["true", "yes", "null", "", "1", "1e3", "0x1", "~", "12:30", "2001-01-01", "1_000"],
    want: '- "true"\n- "yes"\n- "null"\n- ""\n- "1"\n- "1e3"\n- "0x1"\n- "~"\n- "12:30"\n- "2001-01-01"\n- "1_000"\n',
  },
  {
    says: "quotes indicators",
    value: ["- a", "a: b", "a #b", "#a", "*a", "{a", " a", "a ", "it's: x"],
    want: "- '- a'\n- 'a: b'\n- 'a #b'\n- '#a'\n- '*a'\n- '{a'\n- ' a'\n- 'a '\n- 'it''s: x'\n",
  },
  {
    says: "leaves harmless text plain",
    value: ["a:b", "a#b", "-a", "100m", "1.2.3", "a, b", "x]"],
    want: "- a:b\n- a#b\n- -a\n- 100m\n- 1.2.3\n- a, b\n- x]\n",
  },
  {
    says: "writes lines as a literal block",
    value: { a: "x\n y\n", b: "x\ny", c: "x\n\n" },
    want: "a: |\n  x\n   y\nb: |-\n  x\n  y\nc: |+\n  x\n\n",
  },
  { says: "tells leading spaces of a block", value: { a: " x\ny" }, want: "a: |2-\n   x\n  y\n" },
  { says: "escapes what cannot be printed", value: "a\tb\u0007", want: '"a\\tb\\a"\n' },
  { says: "escapes characters beyond the first plane", value: "😀", want: '"\\U0001F600"\n' },
  {
    says: "writes numbers as Go does",
    value: [1.5, 1e21, 1234567.5, 0.00001, 9007199254740993n],
    want: "- 1.5\n- 1e+21\n- 1.2345675e+06\n- 1e-05\n- 9007199254740993\n",
  },
  { says: "quotes keys", value: { "1": "a", on: "b", "a: b": "c" }, want: '"1": a\n\'a: b\': c\n"on": b\n' },
  {
    says: "orders numbers in keys by value",
    value: { a10: 1, a2: 2, b: 3, B: 4, _: 5 },
    want: "_: 5\nB: 4\na2: 2\na10: 1\nb: 3\n",
  },
  {
    says: "writes long keys in the explicit form",
    value: { ["k".repeat(130)]: [1] },
    want: `? ${"k".repeat(130)}\n: - 1\n`,
  },
])("$says", ({ value, want }) => {
  expect(encodeYaml(value)).toBe(want);
});

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom(...Array.from("ab :#-?\n\t'\"{}[],&*!|>%@`~=0123.eExyn_\\é")) }),
  fc.constantFrom("yes", "~", "<<", "---", "...", "😀", "a\n", "\na", "\n", " \n", "? a", "=", "x\n\n\ny"),
);
const { value: anyValue } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((n) => !Object.is(n, -0) && !Number.isInteger(n)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(text, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

test("what is written is read back", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const { value: back, duplicates } = decodeYaml(encodeYaml(value));
      expect(back).toEqual(value);
      expect(duplicates).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test("keys have a total order", () => {
  const key = fc.string({ unit: fc.constantFrom(...Array.from("a0129B_é")), maxLength: 4 });
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(-Math.sign(compareKeys(b, a)) + 0);
      expect(compareKeys(a, b) === 0).toBe(a === b);
    }),
  );
});
