import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeValue, parseFieldSelector, SelectorError } from "./fields.ts";

const matches = (text: string, fields: Record<string, string>): boolean =>
  parseFieldSelector(text).matches((field) => fields[field]);

test.each<{ text: string; fields: Record<string, string>; want: boolean }>([
  { text: "", fields: {}, want: true },
  { text: "metadata.name=a", fields: { "metadata.name": "a" }, want: true },
  { text: "metadata.name==a", fields: { "metadata.name": "b" }, want: false },
  { text: "spec.x!=a", fields: {}, want: true },
  { text: "spec.x=", fields: {}, want: true },
  { text: "a=1,b=2", fields: { a: "1", b: "2" }, want: true },
  { text: "a=1,,b!=2", fields: { a: "1", b: "2" }, want: false },
  { text: "a=x\\,y\\=z\\\\", fields: { a: "x,y=z\\" }, want: true },
])("$text matches $fields: $want", ({ text, fields, want }) => {
  expect(matches(text, fields)).toBe(want);
});

test.each<[string, string]>([
  ["bogus", "invalid selector: 'bogus'; can't understand 'bogus'"],
  ["b=1,a", "invalid selector: 'b=1,a'; can't understand 'a'"],
  ["a=\\x", "invalid field selector: invalid escape sequence: \\x"],
  ["a=b\\", "invalid field selector: invalid escape sequence: \\"],
  ["a=b=c", "invalid field selector: unescaped character in value: 61"],
])("%s fails: %s", (text, message) => {
  expect(() => parseFieldSelector(text)).toThrow(new SelectorError(message));
});

test("tells the value a field must have", () => {
  const selector = parseFieldSelector("metadata.name=x,spec.a!=y");
  expect(selector.exactMatch("metadata.name")).toBe("x");
  expect(selector.exactMatch("spec.a")).toBeUndefined();
});

test("any escaped value is read back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (value, other) => {
      const text = `f=${escapeValue(value)}`;
      expect(matches(text, { f: value })).toBe(true);
      expect(matches(text, { f: other })).toBe(other === value);
      expect(parseFieldSelector(parseFieldSelector(text).toString()).requirements).toEqual(
        parseFieldSelector(text).requirements,
      );
    }),
  );
});
