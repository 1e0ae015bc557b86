import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareElements,
  decodePathElement,
  elementKeys,
  fieldElement,
  fieldName,
  indexElement,
  keyElement,
  PathElementError,
  printElement,
  printPath,
  valueElement,
} from "./path-element.ts";

describe("path elements", () => {
  test.each([
    "i:0",
    "i:1234",
    "f:",
    "f:spec",
    "f:more-complicated-string",
    "f:string-with-spaces   ",
    "f:abc/def.ghi:jkl",
    "f:__proto__",
    'k:{"name":"my-container"}',
    'k:{"port":"8080","protocol":"TCP"}',
    'k:{"optionalField":null}',
    'k:{"jsonField":{"A":1,"B":null,"C":"D","E":{"F":"G"}}}',
    'k:{"listField":["1","2","3"]}',
    'k:{"a":"\\u003cb\\u003e"}',
    "v:null",
    'v:"some-string"',
    "v:1234",
    "v:1.5",
    'v:{"some":"json"}',
    "v:9007199254740993",
    "v:true",
  ])("%s is read and written as it is", (text) => {
    expect(decodePathElement(text)).toBe(text);
  });

  test.each([
    { text: 'k:{"b":1,"a":2}', canonical: 'k:{"a":2,"b":1}' },
    { text: 'k:{ "a" : 2 }', canonical: 'k:{"a":2}' },
    { text: 'k:{"b":"x","a":"y"}', canonical: 'k:{"a":"y","b":"x"}' },
    { text: 'k:{"a":1,"a":2}', canonical: 'k:{"a":2}' },
    { text: "v:1.0", canonical: "v:1" },
    { text: 'v:"\\u0061"', canonical: 'v:"a"' },
    { text: 'v:"<"', canonical: 'v:"\\u003c"' },
    { text: "i:007", canonical: "i:7" },
  ])("$text becomes $canonical", ({ text, canonical }) => {
    expect(decodePathElement(text)).toBe(canonical);
  });

  test.each(["x:unknown", "z:", "p:1"])("%s is of a kind not known and skipped", (text) => {
    expect(decodePathElement(text)).toBeUndefined();
  });

  test.each([
    "",
    "f",
    "abc",
    "v:",
    'k:{"name":invalid}',
    "v:invalid",
    'v:"',
    "i:index-1",
    "i:",
    "i:1.5",
    'k:["a"]',
    "k:1",
  ])("%j is malformed", (text) => {
    expect(() => decodePathElement(text)).toThrow(PathElementError);
  });

  test.each([
    { element: fieldElement("spec"), printed: ".spec" },
    { element: fieldElement("a.b/c"), printed: ".a.b/c" },
    { element: keyElement([["name", "a"]]), printed: '[name="a"]' },
    {
      element: keyElement([
        ["protocol", "TCP"],
        ["port", 80],
      ]),
      printed: '[port=80,protocol="TCP"]',
    },
    {
      element: keyElement([
        ["on", true],
        ["off", null],
      ]),
      printed: "[off=null,on=true]",
    },
    { element: valueElement("q"), printed: '[="q"]' },
    { element: valueElement(1.5), printed: "[=1.5]" },
    { element: indexElement(3), printed: "[3]" },
  ])("$element prints as $printed", ({ element, printed }) => {
    expect(printElement(element)).toBe(printed);
  });

  test("a path prints its elements one after the other", () => {
    const path = [
      fieldElement("spec"),
      fieldElement("items"),
      keyElement([["name", "a"]]),
      fieldElement("value"),
    ];
    expect(printPath(path)).toBe('.spec.items[name="a"].value');
  });

  test("fields come before keys, keys before values, values before indices", () => {
    const ordered = [
      "f:a",
      "f:b",
      "f:\uff5e",
      "f:\u{1f600}",
      'k:{"a":1}',
      'k:{"a":2}',
      'k:{"a":10}',
      'k:{"a":10,"b":1}',
      'k:{"a":"x"}',
      'k:{"b":1}',
      "v:1",
      "v:1.5",
      "v:10",
      'v:"a"',
      'v:"b"',
      "v:false",
      "v:true",
      "i:1",
      "i:2",
      "i:10",
    ];
    expect([...ordered].reverse().sort(compareElements)).toEqual(ordered);
  });

  const scalar = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  const element = fc.oneof(
    fc.string().map(fieldElement),
    fc.nat().map(indexElement),
    scalar.map(valueElement),
    fc
      .dictionary(fc.string(), scalar, { minKeys: 1, maxKeys: 3 })
      .map((keys) => keyElement(Object.entries(keys))),
  );

  test("every element is its own canonical form", () => {
    fc.assert(
      fc.property(element, (text) => {
        expect(decodePathElement(text)).toBe(text);
      }),
    );
  });

  test("the order is total", () => {
    fc.assert(
      fc.property(element, element, element, (a, b, c) => {
        expect(Math.sign(compareElements(a, b))).toBe(-Math.sign(compareElements(b, a)) || 0);
        expect(compareElements(a, b) === 0).toBe(a === b);
        if (compareElements(a, b) < 0 && compareElements(b, c) < 0)
          expect(compareElements(a, c)).toBeLessThan(0);
      }),
    );
  });

  test("names and keys can be read back", () => {
    expect(fieldName(fieldElement("x"))).toBe("x");
    expect(fieldName(indexElement(1))).toBeUndefined();
    expect(
      elementKeys(
        keyElement([
          ["b", 1],
          ["a", "x"],
        ]),
      ),
    ).toEqual([
      ["a", "x"],
      ["b", 1],
    ]);
    expect(elementKeys(fieldElement("x"))).toBeUndefined();
  });
});
