import type { AnySchema } from "../../api/common/schema.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { isObject, setKey } from "../../machinery/json/value.ts";

const allowed = new Set(
  [
    "type format description title default enum pattern nullable required properties additionalProperties items anyOf",
    "minimum maximum minLength maxLength minItems maxItems minProperties maxProperties",
    "x-kubernetes-int-or-string x-kubernetes-preserve-unknown-fields x-kubernetes-validations",
    "x-kubernetes-list-type x-kubernetes-list-map-keys x-kubernetes-map-type",
  ].flatMap((line) => line.split(" ")),
);

/** A TypeBox schema as plain JSON; throws on a keyword a CustomResourceDefinition does not take. */
export function schemaJson(source: AnySchema): JsonObject {
  return node(JSON.parse(JSON.stringify(source)) as JsonObject, "");
}

function node(schema: JsonObject, at: string): JsonObject {
  const out: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (!allowed.has(keyword))
      throw new Error(`${at}: keyword ${keyword} is not part of a structural schema`);
    setKey(out, keyword, convert(keyword, value, at));
  }
  return out;
}

function convert(keyword: string, value: JsonValue, at: string): JsonValue {
  if (keyword === "properties" && isObject(value)) {
    const out: JsonObject = {};
    for (const [name, child] of Object.entries(value)) {
      const path = at === "" ? name : `${at}.${name}`;
      if (!isObject(child) || typeof child["description"] !== "string")
        throw new Error(`${path}: no description`);
      setKey(out, name, node(child, path));
    }
    return out;
  }
  if ((keyword === "items" || keyword === "additionalProperties") && isObject(value))
    return node(value, `${at}[]`);
  return value;
}
