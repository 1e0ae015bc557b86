import { FieldPath } from "../field/path.ts";
import type { FieldError } from "../field/error.ts";
import { forbidden, invalid, required, typeInvalid } from "../field/error.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { cloneJson, getKey, isObject } from "../json/value.ts";
import { checkCompleteness } from "./completeness.ts";
import { compilePattern } from "./pattern.ts";
import { isIntOrStringAllOf, isIntOrStringAnyOf, parseValueValidation } from "./parse-validation.ts";
import { SchemaReader } from "./schema-reader.ts";
import type { Structural, ValidationRule } from "./structural.ts";

/**
 * JSON of an OpenAPI v3 schema, as a CustomResourceDefinition carries it, to the structural form. What makes a schema
 * non-structural is reported with kube-apiserver's words; the schema that comes back beside errors is best effort.
 */

type Level = "root" | "item" | "field";

export interface ParsedSchema {
  readonly schema: Structural;
  readonly errors: readonly FieldError[];
}

const emptyType: Record<Level, string> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

/** Parses and checks the schema of a whole object; errors are sorted by their text. */
export function parseStructural(
  openAPIV3Schema: JsonValue,
  at: FieldPath = FieldPath.of("openAPIV3Schema"),
): ParsedSchema {
  const errors: FieldError[] = [];
  const schema = parseNode(openAPIV3Schema, "root", at, errors);
  errors.push(...checkCompleteness(schema, at));
  const text = (e: FieldError) => `${e.path}: ${e.detail}`;
  errors.sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0));
  return { schema, errors };
}

function parseNode(raw: JsonValue, level: Level, at: FieldPath, errors: FieldError[]): Structural {
  if (!isObject(raw)) {
    errors.push(typeInvalid(at, raw, "must be a schema object"));
    return {};
  }
  const read = new SchemaReader(raw, at, errors);
  read.forbidUnsupported();
  const type = read.type();
  const validation = parseValueValidation(read, {
    skipAnyOf: isIntOrStringAnyOf(raw),
    skipFirstAllOfAnyOf: isIntOrStringAllOf(raw),
  });
  const schema: Structural = {
    ...(type === undefined ? {} : { type }),
    ...read.strings("description", "title", "format"),
    ...read.flag("nullable", "nullable"),
    ...(Object.hasOwn(raw, "default") ? { default: cloneJson(raw["default"] as JsonValue) } : {}),
    ...(Object.hasOwn(raw, "example") ? { example: cloneJson(raw["example"] as JsonValue) } : {}),
    ...parseProperties(raw, level, at, errors),
    ...parseItems(raw, type, at, errors),
    ...(validation === undefined ? {} : { validation }),
    ...parseExtensions(read),
  };
  checkNode(schema, level, at, errors);
  checkPattern(validation?.pattern, at, errors);
  return schema;
}

function parseProperties(
  raw: JsonObject,
  level: Level,
  at: FieldPath,
  errors: FieldError[],
): Pick<Structural, "properties" | "additionalProperties"> {
  const out: { properties?: Map<string, Structural>; additionalProperties?: Structural | true } = {};
  const properties = getKey(raw, "properties");
  if (isObject(properties) && Object.keys(properties).length > 0) {
    out.properties = new Map();
    for (const key of Object.keys(properties)) {
      const below = at.child("properties").key(key);
      out.properties.set(key, parseNode(properties[key] as JsonValue, "field", below, errors));
    }
  }
  const additional = getKey(raw, "additionalProperties");
  if (additional !== undefined && additional !== null) {
    const below = at.child("additionalProperties");
    if (level === "root") errors.push(forbidden(below, "must not be used at the root"));
    if (additional === true) out.additionalProperties = true;
    else if (additional === false)
      errors.push(forbidden(below, "additionalProperties cannot be set to false"));
    else out.additionalProperties = parseNode(additional, "field", below, errors);
  }
  return out;
}

function parseItems(
  raw: JsonObject,
  type: string | undefined,
  at: FieldPath,
  errors: FieldError[],
): Pick<Structural, "items"> {
  const items = getKey(raw, "items");
  const below = at.child("items");
  if (items === undefined || items === null) {
    if (type === "array") errors.push(required(below, "must be specified"));
    return {};
  }
  if (Array.isArray(items)) {
    errors.push(forbidden(below, "items must be a schema object and not an array"));
    return {};
  }
  return { items: parseNode(items, "item", below, errors) };
}

function parseExtensions(read: SchemaReader): Partial<Structural> {
  const preserve = getKey(read.raw, "x-kubernetes-preserve-unknown-fields");
  if (preserve === false)
    read.errors.push(
      invalid(read.at.child("x-kubernetes-preserve-unknown-fields"), false, "must be true or undefined"),
    );
  const rules = parseRules(read);
  return {
    ...read.flag("x-kubernetes-preserve-unknown-fields", "preserveUnknownFields"),
    ...read.flag("x-kubernetes-embedded-resource", "embeddedResource"),
    ...read.flag("x-kubernetes-int-or-string", "intOrString"),
    ...read.choice("x-kubernetes-list-type", "listType", ["atomic", "set", "map"] as const),
    ...read.names("x-kubernetes-list-map-keys", "listMapKeys"),
    ...read.choice("x-kubernetes-map-type", "mapType", ["atomic", "granular"] as const),
    ...(rules.length === 0 ? {} : { rules }),
    ...read.renamed("x-kubernetes-patch-merge-key", "patchMergeKey"),
    ...read.renamed("x-kubernetes-patch-strategy", "patchStrategy"),
  };
}

function parseRules(read: SchemaReader): ValidationRule[] {
  const list = getKey(read.raw, "x-kubernetes-validations");
  if (!Array.isArray(list)) return [];
  return list.map((raw, i) => {
    const at = read.at.child("x-kubernetes-validations").index(i);
    const rule = new SchemaReader(isObject(raw) ? raw : {}, at, read.errors);
    return {
      rule: rule.string("rule") ?? "",
      ...rule.strings("message", "messageExpression", "fieldPath"),
      ...rule.choice("reason", "reason", [
        "FieldValueRequired",
        "FieldValueForbidden",
        "FieldValueInvalid",
        "FieldValueDuplicate",
      ] as const),
      ...rule.flag("optionalOldSelf", "optionalOldSelf"),
    };
  });
}

function checkNode(s: Structural, level: Level, at: FieldPath, errors: FieldError[]): void {
  const type = at.child("type");
  checkExclusive(s, at, errors);
  if (s.embeddedResource === true && s.type !== "object") {
    const why = "must be object if x-kubernetes-embedded-resource is true";
    errors.push(s.type === undefined ? required(type, why) : invalid(type, s.type, why));
  } else if (s.type === undefined && s.intOrString !== true && s.preserveUnknownFields !== true) {
    errors.push(required(type, emptyType[level]));
  }
  if (s.embeddedResource === true && s.additionalProperties !== undefined)
    errors.push(
      forbidden(
        at.child("additionalProperties"),
        "must not be used if x-kubernetes-embedded-resource is set",
      ),
    );
  if (level === "root" && s.type !== undefined && s.type !== "object")
    errors.push(invalid(type, s.type, "must be object at the root"));
  if (s.embeddedResource === true && s.preserveUnknownFields !== true && s.properties === undefined)
    errors.push(
      required(
        at.child("properties"),
        "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
      ),
    );
  if (level === "root" || s.embeddedResource === true) checkTypeMeta(s, level, at, errors);
}

function checkExclusive(s: Structural, at: FieldPath, errors: FieldError[]): void {
  if (s.intOrString === true && s.preserveUnknownFields === true)
    errors.push(
      invalid(
        at.child("x-kubernetes-preserve-unknown-fields"),
        true,
        "must be false if x-kubernetes-int-or-string is true",
      ),
    );
  if (s.intOrString === true && s.embeddedResource === true)
    errors.push(
      invalid(
        at.child("x-kubernetes-embedded-resource"),
        true,
        "must be false if x-kubernetes-int-or-string is true",
      ),
    );
}

function checkTypeMeta(s: Structural, level: Level, at: FieldPath, errors: FieldError[]): void {
  for (const name of ["kind", "apiVersion"]) {
    const field = s.properties?.get(name);
    if (field !== undefined && field.type !== "string")
      errors.push(
        invalid(at.child("properties").key(name).child("type"), field.type ?? "", "must be string"),
      );
  }
  const metadata = s.properties?.get("metadata");
  if (metadata === undefined) return;
  const below = at.child("properties").key("metadata");
  if (metadata.type !== "object")
    errors.push(invalid(below.child("type"), metadata.type ?? "", "must be object"));
  if (level !== "root") return;
  const onlyNames = [...(metadata.properties?.keys() ?? [])].every(
    (name) => name === "name" || name === "generateName",
  );
  const restricts = Object.keys(metadata).some(
    (key) => !["type", "properties", "default", "description", "validation", "format"].includes(key),
  );
  if (!onlyNames || restricts || metadata.validation !== undefined || metadata.description !== undefined)
    errors.push(
      forbidden(
        below,
        "must not specify anything other than name and generateName, but metadata is implicitly specified",
      ),
    );
}

function checkPattern(pattern: string | undefined, at: FieldPath, errors: FieldError[]): void {
  if (pattern === undefined) return;
  const compiled = compilePattern(pattern);
  if (compiled.error !== undefined)
    errors.push(
      invalid(
        at.child("pattern"),
        pattern,
        `must be a valid regular expression, but isn't: ${compiled.error}`,
      ),
    );
}
