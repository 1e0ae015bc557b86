import type { JsonObject, JsonValue } from "../json/value.ts";
import { cloneJson, setKey } from "../json/value.ts";
import type { NestedValidation, Structural, ValidationRule, ValueValidation } from "./structural.ts";

/** The OpenAPI v3 JSON of a schema, with every Kubernetes extension: the inverse of parseStructural. */
export function structuralToOpenApi(s: Structural): JsonObject {
  const out: JsonObject = {};
  put(out, "description", s.description);
  put(out, "title", s.title);
  put(out, "type", s.type);
  put(out, "format", s.format);
  if (s.nullable === true) out["nullable"] = true;
  // A default of null says nothing; kube-apiserver leaves it out.
  if (s.default !== undefined && s.default !== null) out["default"] = cloneJson(s.default);
  if (s.example !== undefined) out["example"] = cloneJson(s.example);
  if (s.properties !== undefined) out["properties"] = properties(s.properties, structuralToOpenApi);
  if (s.additionalProperties === true) out["additionalProperties"] = true;
  else if (s.additionalProperties !== undefined)
    out["additionalProperties"] = structuralToOpenApi(s.additionalProperties);
  if (s.items !== undefined) out["items"] = structuralToOpenApi(s.items);
  if (s.validation !== undefined) {
    putValues(out, s.validation);
    putJunctors(out, s.validation);
  }
  putExtensions(out, s);
  if (s.rules !== undefined) out["x-kubernetes-validations"] = s.rules.map(ruleToJson);
  return out;
}

/** The `x-kubernetes-*` members a node carries apart from its CEL rules. */
export function putExtensions(out: JsonObject, s: Structural): void {
  if (s.preserveUnknownFields === true) out["x-kubernetes-preserve-unknown-fields"] = true;
  if (s.embeddedResource === true) out["x-kubernetes-embedded-resource"] = true;
  if (s.intOrString === true) out["x-kubernetes-int-or-string"] = true;
  put(out, "x-kubernetes-list-type", s.listType);
  if (s.listMapKeys !== undefined) out["x-kubernetes-list-map-keys"] = [...s.listMapKeys];
  put(out, "x-kubernetes-map-type", s.mapType);
  put(out, "x-kubernetes-patch-merge-key", s.patchMergeKey);
  put(out, "x-kubernetes-patch-strategy", s.patchStrategy);
}

/** Bounds, enumerations and required fields; not the junctors. */
export function putValues(out: JsonObject, v: ValueValidation): void {
  const { enum: values, required, allOf: _all, anyOf: _any, oneOf: _one, not: _not, ...scalars } = v;
  for (const name of scalarNames) put(out, name, scalars[name]);
  if (values !== undefined) out["enum"] = cloneJson([...values]);
  if (required !== undefined) out["required"] = [...required];
}

const scalarNames = [
  "maximum",
  "exclusiveMaximum",
  "minimum",
  "exclusiveMinimum",
  "multipleOf",
  "maxLength",
  "minLength",
  "pattern",
  "maxItems",
  "minItems",
  "uniqueItems",
  "maxProperties",
  "minProperties",
] as const;

function putJunctors(out: JsonObject, v: ValueValidation): void {
  for (const name of ["allOf", "anyOf", "oneOf"] as const) {
    const list = v[name];
    if (list !== undefined) out[name] = list.map(nestedToOpenApi);
  }
  if (v.not !== undefined) out["not"] = nestedToOpenApi(v.not);
}

function nestedToOpenApi(v: NestedValidation): JsonObject {
  const out: JsonObject = {};
  put(out, "type", v.type);
  put(out, "format", v.format);
  if (v.intOrString === true) out["x-kubernetes-int-or-string"] = true;
  if (v.properties !== undefined) out["properties"] = properties(v.properties, nestedToOpenApi);
  if (v.additionalProperties !== undefined)
    out["additionalProperties"] = nestedToOpenApi(v.additionalProperties);
  if (v.items !== undefined) out["items"] = nestedToOpenApi(v.items);
  putValues(out, v);
  putJunctors(out, v);
  return out;
}

function properties<T>(fields: ReadonlyMap<string, T>, print: (field: T) => JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const [key, field] of fields) setKey(out, key, print(field));
  return out;
}

function ruleToJson(rule: ValidationRule): JsonObject {
  const out: JsonObject = { rule: rule.rule };
  put(out, "message", rule.message);
  put(out, "messageExpression", rule.messageExpression);
  put(out, "reason", rule.reason);
  put(out, "fieldPath", rule.fieldPath);
  put(out, "optionalOldSelf", rule.optionalOldSelf);
  return out;
}

const put = (out: JsonObject, key: string, value: JsonValue | undefined): void => {
  if (value !== undefined) out[key] = value;
};
