import type { JsonObject, JsonValue } from "../../json/value.ts";

/** One spec against one schema for `spec`, and what kube-apiserver 1.35 says about it: `path: detail`, sorted. */
export interface ValidationCase {
  readonly says: string;
  readonly schema: JsonObject;
  readonly spec: JsonValue;
  readonly old?: JsonValue;
  readonly want: readonly string[];
}

const text = { type: "string" };
const fields = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: "object",
  properties,
  ...more,
});
const one = (schema: JsonObject): JsonObject => fields({ f: schema });

export const typeCases: readonly ValidationCase[] = [
  [
    "a number where a string is due",
    text,
    3,
    `spec.f: Invalid value: "integer": spec.f in body must be of type string: "integer"`,
  ],
  [
    "a string where an integer is due",
    { type: "integer" },
    "3",
    `spec.f: Invalid value: "string": spec.f in body must be of type integer: "string"`,
  ],
  [
    "a fraction where an integer is due",
    { type: "integer" },
    1.5,
    `spec.f: Invalid value: "number": spec.f in body must be of type integer: "number"`,
  ],
  ["an integer where a number is due", { type: "number" }, 2, undefined],
  [
    "a list where an object is due",
    { type: "object" },
    [],
    `spec.f: Invalid value: "array": spec.f in body must be of type object: "array"`,
  ],
  [
    "an object where a list is due",
    { type: "array", items: text },
    {},
    `spec.f: Invalid value: "object": spec.f in body must be of type array: "object"`,
  ],
  [
    "a boolean where a string is due",
    text,
    true,
    `spec.f: Invalid value: "boolean": spec.f in body must be of type string: "boolean"`,
  ],
  ["null where it is allowed", { type: "string", nullable: true }, null, undefined],
  [
    "a fraction as int-or-string",
    { "x-kubernetes-int-or-string": true },
    1.5,
    `spec.f: Invalid value: "number": spec.f in body must be of type integer,string: "number"`,
  ],
  ["an integer as int-or-string", { "x-kubernetes-int-or-string": true }, 80, undefined],
  ["a percentage as int-or-string", { "x-kubernetes-int-or-string": true }, "25%", undefined],
  [
    "a wrong item",
    { type: "array", items: text },
    ["a", 1],
    `spec.f[1]: Invalid value: "integer": spec.f[1] in body must be of type string: "integer"`,
  ],
  [
    "a wrong map value",
    { type: "object", additionalProperties: text },
    { k: 1 },
    `spec.f.k: Invalid value: "integer": spec.f.k in body must be of type string: "integer"`,
  ],
].map(([says, schema, value, want]) => ({
  says: says as string,
  schema: one(schema as JsonObject),
  spec: { f: value as JsonValue },
  want: want === undefined ? [] : [want as string],
}));

const valueCase = (
  says: string,
  schema: JsonObject,
  value: JsonValue,
  ...want: readonly string[]
): ValidationCase => ({
  says,
  schema: one(schema),
  spec: { f: value },
  want,
});

export const valueCases: readonly ValidationCase[] = [
  valueCase(
    "a value outside the enumeration",
    { type: "string", enum: ["red", "green"] },
    "pink",
    `spec.f: Unsupported value: "pink": supported values: "red", "green"`,
  ),
  valueCase(
    "a number outside the enumeration",
    { type: "integer", enum: [1, 2] },
    3,
    `spec.f: Unsupported value: 3: supported values: "1", "2"`,
  ),
  valueCase(
    "above the maximum",
    { type: "integer", maximum: 10 },
    11,
    `spec.f: Invalid value: 11: spec.f in body should be less than or equal to 10`,
  ),
  valueCase(
    "at an exclusive maximum",
    { type: "integer", maximum: 10, exclusiveMaximum: true },
    10,
    `spec.f: Invalid value: 10: spec.f in body should be less than 10`,
  ),
  valueCase(
    "below the minimum",
    { type: "integer", minimum: 0 },
    -1,
    `spec.f: Invalid value: -1: spec.f in body should be greater than or equal to 0`,
  ),
  valueCase(
    "at an exclusive minimum",
    { type: "number", minimum: 0.5, exclusiveMinimum: true },
    0.5,
    `spec.f: Invalid value: 0.5: spec.f in body should be greater than 0.5`,
  ),
  valueCase(
    "not a multiple",
    { type: "integer", multipleOf: 5 },
    7,
    `spec.f: Invalid value: 7: spec.f in body should be a multiple of 5`,
  ),
  valueCase("a multiple of a fraction", { type: "number", multipleOf: 0.1 }, 0.3),
  valueCase(
    "too short",
    { type: "string", minLength: 2 },
    "a",
    `spec.f: Invalid value: "a": spec.f in body should be at least 2 chars long`,
  ),
  valueCase(
    "too long",
    { type: "string", maxLength: 5 },
    "abcdef",
    `spec.f: Too long: may not be more than 5 bytes`,
  ),
  valueCase("long in UTF-16 but not in code points", { type: "string", maxLength: 2 }, "😀😀"),
  valueCase(
    "not matching the pattern",
    { type: "string", pattern: "^[a-z]+$" },
    "A",
    `spec.f: Invalid value: "A": spec.f in body should match '^[a-z]+$'`,
  ),
  valueCase(
    "a pattern that would hang a backtracking matcher",
    { type: "string", pattern: "^(a+)+$" },
    `${"a".repeat(64)}!`,
    `spec.f: Invalid value: "${"a".repeat(64)}!": spec.f in body should match '^(a+)+$'`,
  ),
  valueCase(
    "too many items",
    { type: "array", items: text, maxItems: 1 },
    ["a", "b"],
    `spec.f: Too many: 2: must have at most 1 item`,
  ),
  valueCase(
    "too few items",
    { type: "array", items: text, minItems: 2 },
    ["a"],
    `spec.f: Invalid value: 1: spec.f in body should have at least 2 items`,
  ),
  valueCase(
    "too many properties",
    { type: "object", additionalProperties: text, maxProperties: 1 },
    { a: "", b: "" },
    `spec.f: Too many: 2: must have at most 1 item`,
  ),
  valueCase(
    "too few properties",
    { type: "object", additionalProperties: text, minProperties: 1 },
    {},
    `spec.f: Invalid value: 0: spec.f in body should have at least 1 properties`,
  ),
  valueCase(
    "a required field missing",
    fields({ a: text }, { required: ["a"] }),
    {},
    `spec.f.a: Required value`,
  ),
  valueCase(
    "a date-time that is none",
    { type: "string", format: "date-time" },
    "yesterday",
    `spec.f: Invalid value: "yesterday": spec.f in body must be of type date-time: "yesterday"`,
  ),
  valueCase("a date-time", { type: "string", format: "date-time" }, "2024-01-01T00:00:00Z"),
  valueCase(
    "a date that does not exist",
    { type: "string", format: "date" },
    "2023-02-29",
    `spec.f: Invalid value: "2023-02-29": spec.f in body must be of type date: "2023-02-29"`,
  ),
  valueCase("a duration", { type: "string", format: "duration" }, "1h30m"),
  valueCase(
    "a duration that is none",
    { type: "string", format: "duration" },
    "soon",
    `spec.f: Invalid value: "soon": spec.f in body must be of type duration: "soon"`,
  ),
  valueCase(
    "an IPv4 address that is none",
    { type: "string", format: "ipv4" },
    "1.2.3.256",
    `spec.f: Invalid value: "1.2.3.256": spec.f in body must be of type ipv4: "1.2.3.256"`,
  ),
  valueCase("an IPv6 address", { type: "string", format: "ipv6" }, "::1"),
  valueCase(
    "a CIDR that is none",
    { type: "string", format: "cidr" },
    "10.0.0.0",
    `spec.f: Invalid value: "10.0.0.0": spec.f in body must be of type cidr: "10.0.0.0"`,
  ),
  valueCase("a MAC address", { type: "string", format: "mac" }, "01:23:45:67:89:ab"),
  valueCase(
    "a UUID that is none",
    { type: "string", format: "uuid" },
    "x",
    `spec.f: Invalid value: "x": spec.f in body must be of type uuid: "x"`,
  ),
  valueCase(
    "a URI that is none",
    { type: "string", format: "uri" },
    "not a uri",
    `spec.f: Invalid value: "not a uri": spec.f in body must be of type uri: "not a uri"`,
  ),
  valueCase(
    "an email that is none",
    { type: "string", format: "email" },
    "nobody",
    `spec.f: Invalid value: "nobody": spec.f in body must be of type email: "nobody"`,
  ),
  valueCase(
    "a hostname that is none",
    { type: "string", format: "hostname" },
    "-a.example",
    `spec.f: Invalid value: "-a.example": spec.f in body must be of type hostname: "-a.example"`,
  ),
  valueCase(
    "bytes that are not base64",
    { type: "string", format: "byte" },
    "a",
    `spec.f: Invalid value: "a": spec.f in body must be of type byte: "a"`,
  ),
  valueCase("a format nobody knows", { type: "string", format: "colour" }, "any"),
  valueCase(
    "an int32 that is larger, which is not checked",
    { type: "integer", format: "int32" },
    3_000_000_000,
  ),
];

/** Mistakes in fields that have a format are named by formats. */
export const formatCases: readonly ValidationCase[] = [
  valueCase(
    "a number where a date is due",
    { type: "string", format: "date" },
    2,
    `spec.f: Invalid value: "int64": spec.f in body must be of type date: "int64"`,
  ),
  valueCase(
    "an object where a date is due",
    { type: "string", format: "date" },
    {},
    `spec.f: Invalid value: "": spec.f in body must be of type date: ""`,
  ),
  valueCase(
    "a text too long and not matching, of which the length is reported",
    { type: "string", maxLength: 1, pattern: "^x$" },
    "ab",
    `spec.f: Too long: may not be more than 1 byte`,
  ),
];

export const junctorCases: readonly ValidationCase[] = [
  valueCase(
    "no alternative of anyOf",
    { type: "integer", anyOf: [{ minimum: 10 }, { maximum: 1 }] },
    5,
    `<nil>: Invalid value: "": "spec.f" must validate at least one schema (anyOf)`,
    `spec.f: Invalid value: 5: spec.f in body should be greater than or equal to 10`,
  ),
  valueCase("one alternative of anyOf", { type: "integer", anyOf: [{ minimum: 10 }, { maximum: 1 }] }, 0),
  valueCase(
    "no alternative of oneOf",
    fields({ a: text, b: text }, { oneOf: [{ required: ["a"] }, { required: ["b"] }] }),
    {},
    `<nil>: Invalid value: "": "spec.f" must validate one and only one schema (oneOf). Found none valid`,
    `spec.f.a: Required value`,
  ),
  valueCase(
    "two alternatives of oneOf",
    fields({ a: text, b: text }, { oneOf: [{ required: ["a"] }, { required: ["b"] }] }),
    { a: "", b: "" },
    `<nil>: Invalid value: "": "spec.f" must validate one and only one schema (oneOf). Found 2 valid alternatives`,
  ),
  valueCase(
    "a part of allOf",
    { type: "integer", allOf: [{ minimum: 1 }, { maximum: 3 }] },
    5,
    `<nil>: Invalid value: "": "spec.f" must validate all the schemas (allOf)`,
    `spec.f: Invalid value: 5: spec.f in body should be less than or equal to 3`,
  ),
  valueCase(
    "no part of allOf",
    { type: "integer", allOf: [{ minimum: 10 }] },
    5,
    `<nil>: Invalid value: "": "spec.f" must validate all the schemas (allOf). None validated`,
    `spec.f: Invalid value: 5: spec.f in body should be greater than or equal to 10`,
  ),
  valueCase(
    "what not forbids",
    { type: "string", not: { pattern: "^x" } },
    "xy",
    `<nil>: Invalid value: "": "spec.f" must not validate the schema (not)`,
  ),
];

const set = { type: "array", items: text, "x-kubernetes-list-type": "set" };
const map = (keys: readonly string[], properties: JsonObject): JsonObject => ({
  type: "array",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": [...keys],
  items: fields(properties),
});

export const listCases: readonly ValidationCase[] = [
  valueCase("a repeated set item", set, ["a", "b", "a"], `spec.f[2]: Duplicate value: "a"`),
  valueCase(
    "a set item repeated twice, reported once",
    set,
    ["a", "a", "a"],
    `spec.f[1]: Duplicate value: "a"`,
  ),
  valueCase(
    "a repeated key",
    map(["name"], { name: text }),
    [{ name: "a" }, { name: "a" }],
    `spec.f[1]: Duplicate value: {"name":"a"}`,
  ),
  valueCase(
    "keys of two fields",
    map(["name", "port"], { name: text, port: { type: "integer" } }),
    [
      { name: "a", port: 1 },
      { name: "a", port: 2 },
      { port: 1, name: "a" },
    ],
    `spec.f[2]: Duplicate value: {"name":"a","port":1}`,
  ),
  valueCase("absent keys", map(["name"], { name: text }), [{}, {}], `spec.f[1]: Duplicate value: {}`),
];

const limited = { type: "integer", maximum: 10 };
const update = (
  says: string,
  schema: JsonObject,
  [old, spec]: readonly [JsonValue, JsonValue],
  ...want: readonly string[]
): ValidationCase => ({ says, schema, old, spec, want });

export const ratchetingCases: readonly ValidationCase[] = [
  update("an unchanged bad value passes", fields({ a: limited, b: text }), [
    { a: 11, b: "x" },
    { a: 11, b: "y" },
  ]),
  update(
    "a changed bad value does not",
    fields({ a: limited }),
    [{ a: 11 }, { a: 12 }],
    `spec.a: Invalid value: 12: spec.a in body should be less than or equal to 10`,
  ),
  update("an item of a map list is matched by its key", fields({ l: map(["k"], { k: text, n: limited }) }), [
    { l: [{ k: "a", n: 11 }] },
    {
      l: [
        { k: "b", n: 1 },
        { k: "a", n: 11 },
      ],
    },
  ]),
  update(
    "an item of a map list without its key was never there",
    fields({ l: map(["k"], { k: text, n: limited }), b: text }),
    [{ l: [{ n: 11 }] }, { l: [{ n: 11 }], b: "y" }],
    `spec.l[0].n: Invalid value: 11: spec.l[0].n in body should be less than or equal to 10`,
  ),
  update(
    "of two items of a map list with one key the second was never there",
    fields({ l: map(["k"], { k: text, n: limited }), b: text }),
    [
      {
        l: [
          { k: "a", n: 1 },
          { k: "a", n: 11 },
        ],
      },
      {
        l: [
          { k: "a", n: 1 },
          { k: "a", n: 11 },
        ],
        b: "y",
      },
    ],
    `spec.l[1].n: Invalid value: 11: spec.l[1].n in body should be less than or equal to 10`,
  ),
  update(
    "an object with fields nobody declares has always changed",
    fields({
      o: fields({ a: text }, { "x-kubernetes-preserve-unknown-fields": true, maxProperties: 1 }),
      b: text,
    }),
    [{ o: { a: "x", z: 1 } }, { o: { a: "x", z: 1 }, b: "y" }],
    `spec.o: Too many: 2: must have at most 1 item`,
  ),
  update(
    "an item of an atomic list is not matched",
    fields({ l: { type: "array", items: limited }, b: text }),
    [{ l: [11] }, { l: [11, 1] }],
    `spec.l[0]: Invalid value: 11: spec.l[0] in body should be less than or equal to 10`,
  ),
  update(
    "an atomic list that did not change passes",
    fields({ l: { type: "array", items: limited }, b: text }),
    [{ l: [11] }, { l: [11], b: "y" }],
  ),
  update("a list with the same repetitions passes", fields({ s: set, b: text }), [
    { s: ["a", "a"] },
    { s: ["a", "a"], b: "x" },
  ]),
  update(
    "a missing field that was missing passes while its object is the same",
    fields({ o: fields({ a: text }, { required: ["a"] }), b: text }),
    [{ o: {} }, { o: {}, b: "x" }],
  ),
];
