import { describe, expect, test } from "vitest";
import { printFieldError } from "../field/error.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { parseStructural } from "./parse.ts";
import type { ValidationCase } from "./testing/validation-cases.ts";
import {
  formatCases,
  junctorCases,
  listCases,
  ratchetingCases,
  typeCases,
  valueCases,
} from "./testing/validation-cases.ts";
import { compileValidator } from "./validate.ts";

const object = (spec: JsonValue): JsonObject => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name: "w" },
  spec,
});

function errorsOf({ schema, spec, old }: Pick<ValidationCase, "schema" | "spec" | "old">): string[] {
  const parsed = parseStructural({ type: "object", properties: { spec: schema } });
  expect(parsed.errors).toEqual([]);
  const validator = compileValidator(parsed.schema);
  return validator.validate(object(spec), old === undefined ? undefined : object(old)).map(printFieldError);
}

describe.each([
  ["types", typeCases],
  ["values", valueCases],
  ["formats", formatCases],
  ["junctors", junctorCases],
  ["lists", listCases],
  ["ratcheting", ratchetingCases],
] as const)("validation of %s", (_group, cases) => {
  test.each(cases)("$says", (one) => {
    expect(errorsOf(one)).toEqual(one.want);
  });
});

const rule = { "x-kubernetes-validations": [{ rule: "self.a > 5", message: "a must be large" }] };
const withRule: JsonObject = {
  type: "object",
  properties: { a: { type: "integer", maximum: 100 }, b: { type: "string" } },
  ...rule,
};

const skipped =
  "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

test.each<{ says: string; spec: JsonValue; want: string[] }>([
  {
    says: "a wrong type stops the rules and says so",
    spec: { a: "x" },
    want: [`spec.a: Invalid value: "string": spec.a in body must be of type integer: "string"`, skipped],
  },
  {
    says: "a bound that is exceeded does not stop the rules",
    spec: { a: 101 },
    want: ["spec.a: Invalid value: 101: spec.a in body should be less than or equal to 100"],
  },
  {
    says: "a rule that does not hold omits the object",
    spec: { a: 1 },
    want: ["spec: Invalid value: a must be large"],
  },
  {
    says: "a rule that fails says why",
    spec: { b: "x" },
    want: [`spec: Invalid value: "object": no such key: a evaluating rule: a must be large`],
  },
])("rules after values: $says", ({ spec, want }) => {
  expect(errorsOf({ schema: withRule, spec })).toEqual(want);
});

test("without rules there is no note about rules", () => {
  const plain = { type: "object", properties: { a: { type: "integer" } } };
  expect(errorsOf({ schema: plain, spec: { a: "x" } })).toHaveLength(1);
});

const embedded: JsonObject = {
  type: "object",
  properties: {
    t: {
      type: "object",
      "x-kubernetes-embedded-resource": true,
      "x-kubernetes-preserve-unknown-fields": true,
    },
  },
};

test.each<{ says: string; resource: JsonValue; want: string[] }>([
  {
    says: "needs apiVersion and kind",
    resource: {},
    want: ["spec.t.apiVersion: Required value", "spec.t.kind: Required value"],
  },
  {
    says: "needs them to be text",
    resource: { apiVersion: 1, kind: "" },
    want: [
      "spec.t.apiVersion: Invalid value: 1: must be a string",
      `spec.t.kind: Invalid value: "": must not be empty`,
    ],
  },
  { says: "is content with both", resource: { apiVersion: "v1", kind: "Pod" }, want: [] },
])("an embedded resource $says", ({ resource, want }) => {
  expect(errorsOf({ schema: embedded, spec: { t: resource } })).toEqual(want);
});

test("metadata of embedded resources is checked by the function the caller brings, below its path", () => {
  const { schema } = parseStructural({ type: "object", properties: { spec: embedded } });
  const validator = compileValidator(schema, {
    validateMetadata: () => [
      { type: "FieldValueInvalid", path: "metadata.name", detail: "Invalid value: 1" },
    ],
  });
  const resource = { apiVersion: "v1", kind: "Pod", metadata: { name: "x" } };
  expect(validator.validate(object({ t: resource })).map((e) => e.path)).toEqual(["spec.t.metadata.name"]);
});
