import type { JsonObject } from "../json/value.ts";
import { setKey } from "../json/value.ts";
import type { Structural } from "./structural.ts";
import { putExtensions, putValues, structuralToOpenApi } from "./to-open-api.ts";

/**
 * The OpenAPI v2 JSON of a schema: narrower than v3, because kubectl's validation of v2 does not know what v3 added.
 * Nullable nodes say nothing about type, items and properties; int-or-string has no type; junctors and defaults go;
 * a node that preserves unknown fields has neither fields nor, as an object, a type.
 */
export function structuralToOpenApiV2(s: Structural): JsonObject {
  const out: JsonObject = {};
  if (s.description !== undefined) out["description"] = s.description;
  if (s.title !== undefined) out["title"] = s.title;
  if (s.validation !== undefined) putValues(out, s.validation);
  if (s.nullable === true) {
    // v2 has no null: with a type or children a null would be refused, so the node stays open.
    delete out["enum"];
    delete out["required"];
  } else if (s.intOrString !== true) {
    // kubectl cannot read objects and arrays of which nothing more is said.
    const isOpen = s.preserveUnknownFields === true && (s.type === "object" || s.type === "array");
    if (s.type !== undefined && !isOpen) out["type"] = s.type;
    if (s.format !== undefined) out["format"] = s.format;
    putChildren(out, s);
  }
  putExtensions(out, s);
  if (s.rules !== undefined) {
    const rules = structuralToOpenApi({ rules: s.rules })["x-kubernetes-validations"];
    if (rules !== undefined) out["x-kubernetes-validations"] = rules;
  }
  return out;
}

function putChildren(out: JsonObject, s: Structural): void {
  const isOpen = s.preserveUnknownFields === true;
  if (s.properties !== undefined && !isOpen) {
    const fields: JsonObject = {};
    for (const [key, field] of s.properties) setKey(fields, key, structuralToOpenApiV2(field));
    out["properties"] = fields;
  }
  if (s.additionalProperties !== undefined && s.additionalProperties !== true)
    out["additionalProperties"] = structuralToOpenApiV2(s.additionalProperties);
  if (s.items !== undefined && !isOpen) out["items"] = structuralToOpenApiV2(s.items);
}
