import { describe, expect, test } from "vitest";
import { FieldPath } from "../field/path.ts";
import { printFieldError } from "../field/error.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { parseStructural } from "../schema/parse.ts";
import type { Structural } from "../schema/structural.ts";
import { checkRules } from "./rule-check.ts";
import { compileRules } from "./rules.ts";
import { ruleCases, transitionCases } from "./testing/rule-cases.ts";

const object = (spec: JsonValue): JsonObject => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name: "w", labels: { a: "b" } },
  spec,
});

function schemaOf(spec: JsonObject, more: JsonObject = {}): Structural {
  const { schema, errors } = parseStructural({ type: "object", properties: { spec }, ...more });
  expect(errors).toEqual([]);
  return schema;
}

describe.each([
  ["values", ruleCases],
  ["transitions", transitionCases],
] as const)("rules on %s", (_group, cases) => {
  test.each(cases)("$says", ({ schema, spec, old, want }) => {
    const rules = compileRules(schemaOf(schema));
    const { errors } = rules?.validate(object(spec), old === undefined ? undefined : object(old)) ?? {
      errors: [],
    };
    expect(errors.map(printFieldError)).toEqual(want);
  });
});

test("the name is visible at the root, other metadata is not", () => {
  const root = (rule: string): string[] =>
    checkRules(
      schemaOf({ type: "object" }, { "x-kubernetes-validations": [{ rule }] }),
      FieldPath.of("openAPIV3Schema"),
    ).map((e) => e.detail);
  expect(root("self.metadata.name == 'w' && self.kind == 'Widget'")).toEqual([]);
  expect(root("self.metadata.labels.a == 'b'")[0]).toContain("undefined field 'labels'");
});

const nested: JsonObject = {
  type: "object",
  properties: { l: { type: "array", items: { type: "integer" } } },
  "x-kubernetes-validations": [
    { rule: "self.l.all(x, self.l.all(y, self.l.all(z, x + y + z >= 0)))", message: "cubic" },
    { rule: "false", message: "never reached" },
  ],
};

test("a rule whose cost exceeds the limit of one call ends validation", () => {
  const rules = compileRules(schemaOf(nested));
  const { errors, budgetLeft } = rules?.validate(object({ l: Array.from({ length: 200 }, () => 1) })) ?? {};
  expect(errors?.map(printFieldError)).toEqual([
    `spec: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: cubic`,
  ]);
  expect(budgetLeft).toBeLessThan(0);
});

test("an object whose rules together exceed the budget ends validation", () => {
  const rules = compileRules(schemaOf(nested));
  const { errors } = rules?.validate(object({ l: [1, 2, 3] }), undefined, 50) ?? {};
  expect(errors?.map((e) => e.detail)).toEqual([
    'Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run',
  ]);
});

test.each<{ says: string; schema: JsonObject; path: string; detail: string }>([
  {
    says: "that does not compile",
    schema: { type: "object", "x-kubernetes-validations": [{ rule: "self.nope" }] },
    path: "openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
    detail: "compilation failed: ERROR: <input>:1:5: undefined field 'nope'\n | self.nope\n | ....^",
  },
  {
    says: "that is no test",
    schema: { type: "string", "x-kubernetes-validations": [{ rule: "self" }] },
    path: "openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
    detail: "cel expression must evaluate to a bool",
  },
  {
    says: "without text",
    schema: { type: "string", "x-kubernetes-validations": [{ rule: "  " }] },
    path: "openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
    detail: "Required value: rule is not specified",
  },
  {
    says: "with a field path that leads nowhere",
    schema: { type: "object", "x-kubernetes-validations": [{ rule: "true", fieldPath: ".x" }] },
    path: "openAPIV3Schema.properties[spec].x-kubernetes-validations[0].fieldPath",
    detail: `Invalid value: ".x": must be a valid path`,
  },
  {
    says: "about old items of an atomic list",
    schema: {
      type: "array",
      maxItems: 10,
      items: { type: "string", maxLength: 10, "x-kubernetes-validations": [{ rule: "self == oldSelf" }] },
    },
    path: "openAPIV3Schema.properties[spec].items.x-kubernetes-validations[0].rule",
    detail:
      "oldSelf cannot be used on the uncorrelatable portion of the schema within openAPIV3Schema.properties[spec].items",
  },
  {
    says: "whose worst case is cubic in an unbounded list",
    schema: nested,
    path: "openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
    detail: "estimated rule cost exceeds budget by factor of more than 100x",
  },
])("a definition is refused for a rule $says", ({ schema, path, detail }) => {
  const [first] = checkRules(schemaOf(schema), FieldPath.of("openAPIV3Schema"));
  expect(first?.path).toBe(path);
  expect(first?.detail).toContain(detail);
});

test("the bound on a list makes the same rule affordable", () => {
  const bounded = {
    ...nested,
    properties: { l: { type: "array", maxItems: 10, items: { type: "integer" } } },
  };
  expect(checkRules(schemaOf(bounded), FieldPath.of("openAPIV3Schema"))).toEqual([]);
});
