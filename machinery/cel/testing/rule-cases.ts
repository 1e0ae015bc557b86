import type { JsonObject, JsonValue } from "../../json/value.ts";

/** A schema of `spec` with rules, and what kube-apiserver 1.35 says of a spec (and of its change): `path: detail`. */
export interface RuleCase {
  readonly says: string;
  readonly schema: JsonObject;
  readonly spec: JsonValue;
  readonly old?: JsonValue;
  readonly want: readonly string[];
}

const int = { type: "integer" };
const text = { type: "string" };
const rules = (...list: readonly JsonObject[]): JsonObject => ({ "x-kubernetes-validations": [...list] });
const fields = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: "object",
  properties,
  ...more,
});

export const ruleCases: readonly RuleCase[] = [
  {
    says: "a scalar that fails is printed with the rule's text",
    schema: fields({ a: { ...int, ...rules({ rule: "self > 5" }) } }),
    spec: { a: 3 },
    want: ["spec.a: Invalid value: 3: failed rule: self > 5"],
  },
  {
    says: "data of another type than declared is told when a rule reads it",
    schema: fields({ a: int, b: text }, rules({ rule: "true || self.a > 0" }, { rule: "self.a > 0" })),
    spec: 5,
    want: [
      'spec: Invalid value: "object": invalid data, expected a map for the provided schema with type=object evaluating rule: self.a > 0',
    ],
  },
  {
    says: "so are fields of another type, each with what it is",
    schema: fields(
      {
        a: int,
        b: text,
        n: { type: "number" },
        t: { type: "boolean" },
        l: { type: "array", items: int },
        x: { "x-kubernetes-int-or-string": true },
      },
      rules(
        ...["self.a > 0", "self.b != ''", "self.n > 0.0", "self.t", "size(self.l) > 0", "self.x == 1"].map(
          (rule) => ({ rule, message: rule.slice(0, 8) }),
        ),
      ),
    ),
    spec: { a: 1.5, b: [], n: "x", t: { a: 1 }, l: true, x: 0.5 },
    want: [
      ["expected int, got float64", "self.a >"],
      ["expected string, got []interface {}", "self.b !"],
      ["expected float, got string", "self.n >"],
      ["expected bool, got map[string]interface {}", "self.t"],
      ["expected an array for the provided schema with type=array", "size(sel"],
      ["expected XIntOrString value to be either a string or integer", "self.x ="],
    ].map(([why, rule]) => `spec: Invalid value: "object": invalid data, ${why!} evaluating rule: ${rule!}`),
  },
  {
    says: "a null that may not be one cannot be read",
    schema: fields(
      { a: int, b: { "x-kubernetes-int-or-string": true, nullable: true } },
      rules({ rule: "self.b == null && self.a > 0" }),
    ),
    spec: { a: null, b: null },
    want: [
      'spec: Invalid value: "object": invalid data, got null for schema with nullable=false evaluating rule: self.b == null && self.a > 0',
    ],
  },
  {
    says: "a message replaces the rule's text",
    schema: fields({ a: { ...text, ...rules({ rule: "self == 'x'", message: " must be x " }) } }),
    spec: { a: "y" },
    want: [`spec.a: Invalid value: "y": must be x`],
  },
  {
    says: "objects are not printed",
    schema: fields({ a: int, b: int }, rules({ rule: "self.a < self.b", message: "a must be less than b" })),
    spec: { a: 2, b: 1 },
    want: ["spec: Invalid value: a must be less than b"],
  },
  {
    says: "lists are not printed",
    schema: fields({ l: { type: "array", items: text, ...rules({ rule: "size(self) > 1" }) } }),
    spec: { l: ["a"] },
    want: ["spec.l: Invalid value: failed rule: size(self) > 1"],
  },
  {
    says: "a message expression wins",
    schema: fields(
      { a: int },
      rules({ rule: "self.a > 5", message: "static", messageExpression: "'a is ' + string(self.a)" }),
    ),
    spec: { a: 1 },
    want: ["spec: Invalid value: a is 1"],
  },
  {
    says: "a message expression that fails leaves the message",
    schema: fields(
      { a: int, b: text },
      rules({ rule: "self.a > 5", message: "static", messageExpression: "self.b" }),
    ),
    spec: { a: 1 },
    want: ["spec: Invalid value: static"],
  },
  {
    says: "a message expression of two lines leaves the default",
    schema: fields({ a: int }, rules({ rule: "self.a > 5", messageExpression: String.raw`"a\nb"` })),
    spec: { a: 1 },
    want: ["spec: Invalid value: failed rule: self.a > 5"],
  },
  {
    says: "the reason chooses the kind of error",
    schema: fields(
      { a: int },
      rules(
        { rule: "self.a > 5", reason: "FieldValueForbidden", message: "no" },
        { rule: "self.a > 6", reason: "FieldValueRequired", message: "must" },
        { rule: "self.a > 7", reason: "FieldValueDuplicate", message: "twice" },
      ),
    ),
    spec: { a: 1 },
    want: ["spec: Forbidden: no", "spec: Required value: must", "spec: Duplicate value"],
  },
  {
    says: "fieldPath moves the error",
    schema: fields(
      { a: int, m: { type: "object", additionalProperties: text } },
      rules(
        { rule: "self.a > 5", fieldPath: ".a", message: "x" },
        { rule: "false", fieldPath: ".m['k.v']", message: "y" },
      ),
    ),
    spec: { a: 1 },
    want: ["spec.a: Invalid value: x", "spec.m[k.v]: Invalid value: y"],
  },
  {
    says: "an absent field fails the rule that reads it",
    schema: fields({ a: int }, rules({ rule: "self.a > 5" })),
    spec: {},
    want: [`spec: Invalid value: "object": no such key: a evaluating rule: self.a > 5`],
  },
  {
    says: "has tells absence",
    schema: fields({ a: int }, rules({ rule: "!has(self.a) || self.a > 5" })),
    spec: {},
    want: [],
  },
  {
    says: "an int-or-string of the wrong kind is a missing overload",
    schema: fields({ p: { "x-kubernetes-int-or-string": true } }, rules({ rule: "self.p > 5" })),
    spec: { p: "a" },
    want: [
      `spec: Invalid value: "object": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self.p > 5`,
    ],
  },
  {
    says: "an int-or-string can be asked for its type",
    schema: fields(
      { p: { "x-kubernetes-int-or-string": true } },
      rules({ rule: "type(self.p) == int ? self.p < 9 : self.p.endsWith('%')" }),
    ),
    spec: { p: "25%" },
    want: [],
  },
  {
    says: "names are escaped",
    schema: fields(
      { "a-b": int, "c.d": int, "e/f": int, namespace: int, x__y: int },
      rules({
        rule: "self.a__dash__b + self.c__dot__d + self.e__slash__f + self.__namespace__ + self.x__underscores__y == 5",
      }),
    ),
    spec: { "a-b": 1, "c.d": 1, "e/f": 1, namespace: 1, x__y: 1 },
    want: [],
  },
  {
    says: "map entries are named in brackets",
    schema: fields({
      m: { type: "object", additionalProperties: { ...int, ...rules({ rule: "self > 5" }) } },
    }),
    spec: { m: { "a.b/c": 1 } },
    want: ["spec.m[a.b/c]: Invalid value: 1: failed rule: self > 5"],
  },
  {
    says: "a null is not ruled on",
    schema: fields({ a: { ...text, nullable: true, ...rules({ rule: "self == 'x'" }) } }),
    spec: { a: null },
    want: [],
  },
  {
    says: "number fields are doubles though the value is whole",
    schema: fields({ n: { type: "number" } }, rules({ rule: "self.n / 2.0 == 1.5" })),
    spec: { n: 3 },
    want: [],
  },
  {
    says: "date-time fields are timestamps, durations durations",
    schema: fields(
      { t: { type: "string", format: "date-time" }, d: { type: "string", format: "duration" } },
      rules({ rule: "self.t + self.d < timestamp('2024-01-02T00:00:01Z')" }),
    ),
    spec: { t: "2024-01-01T00:00:00Z", d: "24h" },
    want: [],
  },
  {
    says: "sets compare without order",
    schema: fields(
      { s: { type: "array", items: text, "x-kubernetes-list-type": "set" } },
      rules({ rule: "self.s == ['b', 'a']" }),
    ),
    spec: { s: ["a", "b"] },
    want: [],
  },
];

const immutable = fields({
  a: { ...text, ...rules({ rule: "self == oldSelf", message: "a is immutable" }) },
});
const counted = (type: JsonObject): JsonObject =>
  fields({
    l: {
      type: "array",
      ...type,
      items: fields({ k: text, n: { ...int, ...rules({ rule: "self >= oldSelf" }) } }),
    },
  });
const mapList = counted({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"] });

export const transitionCases: readonly RuleCase[] = [
  { says: "a transition rule waits for an old value", schema: immutable, spec: { a: "x" }, want: [] },
  {
    says: "an old value of another type cannot be read",
    schema: fields({ a: { ...int, ...rules({ rule: "self > oldSelf" }) } }),
    spec: { a: 2 },
    old: { a: "1" },
    want: [
      'spec.a: Invalid value: "integer": invalid data, expected int, got string evaluating rule: self > oldSelf',
    ],
  },
  {
    says: "a transition rule waits for the old field",
    schema: immutable,
    old: {},
    spec: { a: "x" },
    want: [],
  },
  {
    says: "a transition rule compares",
    schema: immutable,
    old: { a: "x" },
    spec: { a: "y" },
    want: [`spec.a: Invalid value: "y": a is immutable`],
  },
  {
    says: "items of a map list are compared by key",
    schema: mapList,
    old: {
      l: [
        { k: "a", n: 1 },
        { k: "b", n: 5 },
      ],
    },
    spec: {
      l: [
        { k: "b", n: 4 },
        { k: "a", n: 1 },
        { k: "c", n: 0 },
      ],
    },
    want: ["spec.l[0].n: Invalid value: 4: failed rule: self >= oldSelf"],
  },
  {
    says: "optionalOldSelf runs on create too",
    schema: fields({
      a: { ...text, ...rules({ rule: "oldSelf.hasValue() || self == 'first'", optionalOldSelf: true }) },
    }),
    spec: { a: "x" },
    want: [`spec.a: Invalid value: "x": failed rule: oldSelf.hasValue() || self == 'first'`],
  },
  {
    says: "optionalOldSelf gives the old value on update",
    schema: fields({
      a: { ...int, ...rules({ rule: "self >= oldSelf.orValue(0)", optionalOldSelf: true }) },
    }),
    old: { a: 3 },
    spec: { a: 2 },
    want: ["spec.a: Invalid value: 2: failed rule: self >= oldSelf.orValue(0)"],
  },
  {
    says: "a rule that already failed is not held against an unchanged value",
    schema: fields({ a: { ...int, ...rules({ rule: "self > 5" }) }, b: text }),
    old: { a: 1 },
    spec: { a: 1, b: "x" },
    want: [],
  },
  {
    says: "a changed value is ruled on again",
    schema: fields({ a: { ...int, ...rules({ rule: "self > 5" }) } }),
    old: { a: 1 },
    spec: { a: 2 },
    want: ["spec.a: Invalid value: 2: failed rule: self > 5"],
  },
];
