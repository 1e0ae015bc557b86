import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseLabelSelector, SelectorError, selectorFromObject } from "./labels.ts";

const matches = (text: string, labels: Record<string, string>): boolean =>
  parseLabelSelector(text).matches((key) => (Object.hasOwn(labels, key) ? labels[key] : undefined));

test.each<{ text: string; labels: Record<string, string>; want: boolean }>([
  { text: "", labels: {}, want: true },
  { text: "a", labels: { a: "" }, want: true },
  { text: "a", labels: {}, want: false },
  { text: "!a", labels: {}, want: true },
  { text: "! a", labels: { a: "1" }, want: false },
  { text: "a=1", labels: { a: "1" }, want: true },
  { text: "a==1", labels: { a: "2" }, want: false },
  { text: "a!=1", labels: {}, want: true },
  { text: "a!=1", labels: { a: "1" }, want: false },
  { text: "a=", labels: { a: "" }, want: true },
  { text: "a in (1, 2)", labels: { a: "2" }, want: true },
  { text: "a in ()", labels: { a: "" }, want: true },
  { text: "a in ()", labels: {}, want: false },
  { text: "a in (1,)", labels: { a: "" }, want: true },
  { text: "a notin (1,2)", labels: {}, want: true },
  { text: "a notin (1,2)", labels: { a: "2" }, want: false },
  { text: "a>5", labels: { a: "10" }, want: true },
  { text: "a>5", labels: { a: "x" }, want: false },
  { text: "a<5", labels: {}, want: false },
  { text: "a<5", labels: { a: "4" }, want: true },
  { text: "a=1,b=2", labels: { a: "1", b: "3" }, want: false },
  { text: "in in (in,notin)", labels: { in: "notin" }, want: true },
  { text: "constructor", labels: {}, want: false },
])("$text matches $labels: $want", ({ text, labels, want }) => {
  expect(matches(text, labels)).toBe(want);
});

test.each<[string, string]>([
  ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ["=a", "found '=', expected: !, identifier, or 'end of string'"],
  ["x in a", "unable to parse requirement: found 'a' expected: '('"],
  ["a=1 b", "found 'b', expected: ',' or 'end of string'"],
  ["a,", "found '', expected: identifier after ','"],
  ["!", "unable to parse requirement: found '', expected: identifier"],
  ["a in (1", "unable to parse requirement: found '', expected: ',' or ')'"],
  ["a in (=", "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
  ["a=)", "unable to parse requirement: found ')', expected: identifier"],
  [
    "a>x",
    `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
  ],
])("%s fails: %s", (text, message) => {
  expect(() => parseLabelSelector(text)).toThrow(SelectorError);
  expect(() => parseLabelSelector(text)).toThrow(new SelectorError(message));
});

test("names the path of a bad key and a bad value", () => {
  expect(() => parseLabelSelector("_a")).toThrow(
    /^unable to parse requirement: <nil>: Invalid value: "_a": name part must/,
  );
  expect(() => parseLabelSelector("a=-")).toThrow(
    /^unable to parse requirement: values\[0\]\[a\]: Invalid value: "-": a valid label must/,
  );
});

test("prints requirements by key in a form that parses again", () => {
  expect(parseLabelSelector("z,b!=1,a in (2,1),!c,d>3").toString()).toBe("a in (1,2),b!=1,!c,d>3,z");
});

describe("laws", () => {
  const key = fc.constantFrom("a", "b", "x.io/c");
  const value = fc.constantFrom("", "1", "20", "v-w");
  const requirement = fc.oneof(
    key,
    key.map((k) => `!${k}`),
    fc.tuple(key, fc.constantFrom("=", "!="), value).map((parts) => parts.join("")),
    fc
      .tuple(key, fc.constantFrom(" in ", " notin "), fc.array(value, { maxLength: 3 }))
      .map(([k, op, v]) => `${k}${op}(${v.join(",")})`),
    fc.tuple(key, fc.constantFrom("<", ">"), fc.nat()).map((parts) => parts.join("")),
  );
  const labels = fc.dictionary(key, value, { noNullPrototype: true });

  test("printing and parsing keeps the meaning", () => {
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), labels, (parts, set) => {
        const text = parts.join(",");
        expect(matches(parseLabelSelector(text).toString(), set)).toBe(matches(text, set));
      }),
    );
  });

  test("a comma is a conjunction", () => {
    fc.assert(
      fc.property(requirement, requirement, labels, (a, b, set) => {
        expect(matches(`${a},${b}`, set)).toBe(matches(a, set) && matches(b, set));
      }),
    );
  });

  test("!= and notin are the complements of = and in", () => {
    fc.assert(
      fc.property(key, value, labels, (k, v, set) => {
        expect(matches(`${k}!=${v}`, set)).toBe(!matches(`${k}=${v}`, set));
        expect(matches(`${k} notin (${v})`, set)).toBe(!matches(`${k} in (${v})`, set));
      }),
    );
  });
});

describe("selectorFromObject", () => {
  test("joins labels and expressions", () => {
    const selector = selectorFromObject({
      matchLabels: { app: "x" },
      matchExpressions: [
        { key: "tier", operator: "In", values: ["b", "a"] },
        { key: "old", operator: "DoesNotExist" },
      ],
    });
    expect(selector.toString()).toBe("app=x,!old,tier in (a,b)");
  });

  test("matches nothing when absent and everything when empty", () => {
    expect(selectorFromObject(undefined).matches(() => "x")).toBe(false);
    expect(selectorFromObject({}).matches(() => undefined)).toBe(true);
  });

  test("refuses unknown operators and empty sets", () => {
    expect(() => selectorFromObject({ matchExpressions: [{ key: "a", operator: "Near" }] })).toThrow(
      '"Near" is not a valid label selector operator',
    );
    expect(() =>
      selectorFromObject({ matchExpressions: [{ key: "a", operator: "In", values: [] }] }),
    ).toThrow("values set can't be empty");
  });
});
