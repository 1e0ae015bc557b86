import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { setKey } from "../../machinery/json/value.ts";
import type { Structural } from "../../machinery/schema/structural.ts";
import { quantityPattern } from "../common/schema.ts";

/** Values that a structural schema accepts; CEL rules are not looked at. */
export function arbitraryValue(schema: Structural): fc.Arbitrary<JsonValue> {
  if (schema.intOrString === true) return quantities;
  const { validation } = schema;
  if (validation?.enum !== undefined) return fc.constantFrom(...validation.enum);
  switch (schema.type) {
    case "string":
      return strings(schema);
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.integer({
        min: Number(validation?.minimum ?? -1000),
        max: Number(validation?.maximum ?? 2 ** 31 - 1),
      });
    case "number":
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case "array":
      return lists(schema);
    default:
      return arbitraryObject(schema);
  }
}

/** Objects that a structural schema accepts: required fields always, others sometimes, also empty ones. */
export function arbitraryObject(schema: Structural): fc.Arbitrary<JsonObject> {
  if (schema.properties !== undefined) {
    const required = new Set(schema.validation?.required ?? []);
    const fields = [...schema.properties].map(([name, child]) =>
      required.has(name)
        ? arbitraryValue(child).map((value): Field => [name, value])
        : fc.option(
            arbitraryValue(child).map((value): Field => [name, value]),
            { nil: undefined, freq: 2 },
          ),
    );
    return fc.tuple(...fields).map((chosen) => objectOf(chosen.filter((field) => field !== undefined)));
  }
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== true) {
    const entry = fc.tuple(mapKeys, arbitraryValue(schema.additionalProperties));
    return fc.uniqueArray(entry, { maxLength: 3, selector: ([key]) => key }).map(objectOf);
  }
  return anyObjects;
}

type Field = [string, JsonValue];

function objectOf(fields: readonly Field[]): JsonObject {
  const object: JsonObject = {};
  for (const [name, value] of fields) setKey(object, name, value);
  return object;
}

const mapKeys = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/),
  fc.constantFrom("__proto__", "constructor"),
);

const quantities = fc.constantFrom<JsonValue>(0, 1, 4, 64, "500m", "16Gi", "1.5", "2e3", "100G");

const anyObjects: fc.Arbitrary<JsonObject> = fc.dictionary(
  fc.stringMatching(/^[a-zA-Z]{1,6}$/),
  fc.oneof<fc.Arbitrary<JsonValue>[]>(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.constant(2n ** 60n),
    fc.string(),
    fc.constant({}),
    fc.constant([]),
    fc.constant([{ name: "a", list: [1, "b"] }]),
    fc.constant({ nested: { deeper: { a: 1 } } }),
  ),
  { maxKeys: 4 },
);

function strings(schema: Structural): fc.Arbitrary<JsonValue> {
  const { validation } = schema;
  if (schema.format === "date-time") return fc.constantFrom("2026-01-02T03:04:05Z", "2026-11-21T00:00:00Z");
  if (validation?.pattern === quantityPattern) return quantities;
  if (validation?.pattern !== undefined) {
    const max = validation.maxLength ?? 63;
    return fc
      .stringMatching(new RegExp(validation.pattern), { size: "small" })
      .filter((s) => s.length <= max);
  }
  const minLength = validation?.minLength ?? 0;
  return fc.string({ minLength, maxLength: Math.min(validation?.maxLength ?? 12, 12) });
}

function lists(schema: Structural): fc.Arbitrary<JsonValue> {
  const item = arbitraryValue(schema.items ?? {});
  const maxLength = Math.min(schema.validation?.maxItems ?? 3, 3);
  if (schema.listType === "set") return fc.uniqueArray(item, { maxLength });
  const keys = schema.listMapKeys;
  if (keys === undefined) return fc.array(item, { maxLength });
  return fc.uniqueArray(item, {
    maxLength,
    selector: (value) => JSON.stringify(keys.map((key) => (value as JsonObject)[key] ?? null)),
  });
}
