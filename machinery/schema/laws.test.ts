import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { cloneJson, equalJson } from "../json/value.ts";
import { applyDefaults, pruneDefaults } from "./defaults.ts";
import { parseStructural } from "./parse.ts";
import { prune } from "./prune.ts";
import { readsAsIs } from "./reads-as-is.ts";
import type { Structural } from "./structural.ts";
import { structuralToOpenApi } from "./to-open-api.ts";
import { compileValidator } from "./validate.ts";

const names = ["a", "b", "c"];

const scalar = fc.oneof(
  fc
    .record({ minLength: fc.nat(3), maxLength: fc.integer({ min: 1, max: 4 }) })
    .map((v) => ({ type: "string", ...v })),
  fc
    .record({ minimum: fc.nat(5), maximum: fc.integer({ min: 3, max: 9 }) })
    .map((v) => ({ type: "integer", ...v })),
  fc.record({ multipleOf: fc.constantFrom(1, 2, 5) }).map((v) => ({ type: "number", ...v })),
  fc.constant({ type: "boolean" }),
  fc.constant({ type: "string", enum: ["a", "b"] }),
  fc.constant({ type: "string", pattern: "^[ab]*$" }),
  fc.constant({ type: "integer", anyOf: [{ minimum: 7 }, { maximum: 2 }] }),
  fc.constant({ type: "integer", oneOf: [{ minimum: 2 }, { maximum: 4 }] }),
  fc.constant({ type: "integer", not: { enum: [3] } }),
  fc.constant({ type: "string", allOf: [{ minLength: 1 }, { maxLength: 2 }] }),
) as fc.Arbitrary<JsonObject>;

/** Structural schemas of the subset JSON Schema means the same way; nullable aside, which ajv spells differently. */
const { schema: anySchema } = fc.letrec<{ schema: JsonObject; object: JsonObject; list: JsonObject }>(
  (tie) => ({
    schema: fc.oneof({ maxDepth: 3, depthIdentifier: "s" }, scalar, tie("object"), tie("list")),
    object: fc
      .record({
        properties: fc.dictionary(fc.constantFrom(...names), tie("schema"), { minKeys: 1, maxKeys: 3 }),
        required: fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 }),
        maxProperties: fc.integer({ min: 1, max: 4 }),
      })
      .map((v) => ({ type: "object", ...v })),
    list: fc.record({ items: tie("schema"), maxItems: fc.nat(3) }).map((v) => ({ type: "array", ...v })),
  }),
);

const scalars: readonly JsonValue[] = ["", "a", "ab", "abc", "zz", true, false, 0, 1, 2, 3, 5, 7.5, 10];

const valuesOf = (leaves: readonly JsonValue[]): fc.Arbitrary<JsonValue> =>
  fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthIdentifier: "v" },
      fc.constantFrom(...leaves),
      fc.dictionary(fc.constantFrom(...names, "x"), tie("value"), { maxKeys: 3 }) as fc.Arbitrary<JsonObject>,
      fc.array(tie("value"), { maxLength: 3 }),
    ),
  })).value;

const specsOf = (value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> =>
  fc.dictionary(fc.constantFrom(...names, "x"), value, { maxKeys: 3 });

const anyValue = valuesOf(scalars);
const anySpec = specsOf(anyValue);
const anySpecWithNulls = specsOf(valuesOf([...scalars, null, null]));

const parse = (spec: JsonObject): Structural => {
  const { schema, errors } = parseStructural({ type: "object", properties: { spec } });
  expect(errors).toEqual([]);
  return schema;
};

/** Puts a default, fit or not, on every scalar: the laws hold for any. */
function withDefaults(schema: JsonObject): JsonObject {
  const { properties, items } = schema;
  if (items !== undefined) return { ...schema, items: withDefaults(items as JsonObject) };
  if (properties === undefined) return { ...schema, default: schema["type"] === "string" ? "a" : 1 };
  const fields = Object.entries(properties as JsonObject).map(
    ([k, v]) => [k, withDefaults(v as JsonObject)] as const,
  );
  return { ...schema, properties: Object.fromEntries(fields) };
}

/** Lets nulls and undeclared fields stand where a schema has several fields or short lists. */
function withLeeway(schema: JsonObject): JsonObject {
  const { properties, items } = schema;
  if (items !== undefined) {
    return { ...schema, nullable: schema["maxItems"] === 1, items: withLeeway(items as JsonObject) };
  }
  if (properties === undefined) return { ...schema, nullable: schema["type"] === "boolean" };
  const fields = Object.entries(properties as JsonObject).map(
    ([key, child]) => [key, withLeeway(child as JsonObject)] as const,
  );
  const leeway =
    fields.length > 1
      ? { "x-kubernetes-preserve-unknown-fields": true }
      : { nullable: schema["maxProperties"] === 1 };
  return { ...schema, ...leeway, properties: Object.fromEntries(fields) };
}

const runs = { numRuns: 300 };

describe("laws of schemas", () => {
  test("pruning twice removes nothing more", () => {
    fc.assert(
      fc.property(anySchema, anySpec, (raw, spec) => {
        const schema = parse(raw);
        const object: JsonObject = { spec: cloneJson(spec) };
        prune(object, schema);
        expect(prune(object, schema)).toEqual([]);
      }),
      runs,
    );
  });

  test("defaulting twice changes nothing more, and leaves nothing to prune", () => {
    fc.assert(
      fc.property(anySchema, anySpec, (raw, spec) => {
        const schema = pruneDefaults(parse(withDefaults(raw)));
        const object: JsonObject = { spec: cloneJson(spec) };
        prune(object, schema);
        applyDefaults(object, schema);
        const once = cloneJson(object);
        applyDefaults(object, schema);
        expect(object).toEqual(once);
        expect(prune(object, schema)).toEqual([]);
      }),
      runs,
    );
  });

  test("what is said to read as it is, pruning and defaulting leave alone, and what they have been over is", () => {
    fc.assert(
      fc.property(anySchema, anySpecWithNulls, (raw, spec) => {
        const schema = pruneDefaults(parse(withDefaults(withLeeway(raw))));
        const object: JsonObject = { kind: "K", metadata: { name: "m" }, spec: cloneJson(spec) };
        const read = cloneJson(object);
        prune(read, schema);
        applyDefaults(read, schema);
        expect(readsAsIs(object, schema)).toBe(equalJson(object, read));
        expect(readsAsIs(read, schema)).toBe(true);
      }),
      runs,
    );
  });

  test("printing a schema and parsing it again gives the same schema", () => {
    fc.assert(
      fc.property(anySchema, (raw) => {
        const schema = parse(withDefaults(raw));
        expect(parseStructural(structuralToOpenApi(schema))).toEqual({ schema, errors: [] });
      }),
      runs,
    );
  });

  test("the verdict is ajv's", () => {
    const ajv = new Ajv({ allErrors: true, strict: false });
    fc.assert(
      fc.property(anySchema, anyValue, (raw, value) => {
        const ours = compileValidator(parse(raw)).validate({ spec: cloneJson(value) });
        const theirs = ajv.validate({ type: "object", properties: { spec: raw } }, { spec: value });
        expect(ours.length === 0).toBe(theirs);
      }),
      runs,
    );
  });

  test("an update that changes nothing of what is declared is always accepted", () => {
    fc.assert(
      fc.property(anySchema, anySpec, (raw, spec) => {
        const schema = parse(raw);
        const object: JsonObject = { spec: cloneJson(spec) };
        prune(object, schema);
        expect(compileValidator(schema).validate(cloneJson(object), object)).toEqual([]);
      }),
      runs,
    );
  });
});
