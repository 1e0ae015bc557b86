import type { JsonObject, JsonValue } from "../machinery/json/value.ts";
import { isObject } from "../machinery/json/value.ts";
import type { Structural } from "../machinery/schema/structural.ts";

/**
 * Whether every declared field that is present has the type the schema says, and required ones are present. Mutation
 * comes before validation, so what it reads may be anything; an object that fails here is left for validation to refuse.
 */
export function matchesTypes(value: JsonValue, schema: Structural): boolean {
  if (value === null) return schema.nullable === true || schema.type === undefined;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (schema.type !== undefined && schema.type !== "array") return false;
    return items === undefined || value.every((item) => matchesTypes(item, items));
  }
  return isObject(value) ? matchesObject(value, schema) : matchesScalar(value, schema);
}

function matchesObject(value: JsonObject, schema: Structural): boolean {
  if (schema.type !== undefined && schema.type !== "object") return false;
  if (schema.intOrString === true) return false;
  for (const name of schema.validation?.required ?? []) if (!Object.hasOwn(value, name)) return false;
  const { properties, additionalProperties: more } = schema;
  // Inherited keys cannot occur: the values are plain objects.
  for (const key in value) {
    const child = properties?.get(key) ?? (more === true ? undefined : more);
    if (child !== undefined && !matchesTypes(value[key] ?? null, child)) return false;
  }
  return true;
}

function matchesScalar(value: boolean | number | bigint | string, schema: Structural): boolean {
  switch (schema.type) {
    case "boolean":
      return typeof value === "boolean";
    case "string":
      return typeof value === "string";
    case "integer":
      return typeof value === "bigint" || Number.isInteger(value);
    case "number":
      return typeof value === "number" || typeof value === "bigint";
    case "object":
    case "array":
      return false;
    default:
      return schema.intOrString !== true || typeof value !== "boolean";
  }
}
