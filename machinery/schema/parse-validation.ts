import type { FieldError } from "../field/error.ts";
import { forbidden, invalid, typeInvalid } from "../field/error.ts";
import type { FieldPath } from "../field/path.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { cloneJson, equalJson, getKey, isObject } from "../json/value.ts";
import { compilePattern } from "./pattern.ts";
import { SchemaReader } from "./schema-reader.ts";
import type { NestedValidation, ValueValidation } from "./structural.ts";

/** The two spellings of int-or-string in which a junctor may name types; everywhere else that is not structural. */
const intOrString: JsonValue = [{ type: "integer" }, { type: "string" }];

export const isIntOrStringAnyOf = (raw: JsonObject): boolean => equalJson(getKey(raw, "anyOf"), intOrString);

export function isIntOrStringAllOf(raw: JsonObject): boolean {
  const all = getKey(raw, "allOf");
  const first = Array.isArray(all) ? all[0] : undefined;
  return isObject(first) && isIntOrStringAnyOf(first);
}

export interface Exceptions {
  readonly skipAnyOf: boolean;
  readonly skipFirstAllOfAnyOf: boolean;
}

const none: Exceptions = { skipAnyOf: false, skipFirstAllOfAnyOf: false };

/** The value constraints written on one schema node, or undefined when there are none. */
export function parseValueValidation(read: SchemaReader, skip: Exceptions): ValueValidation | undefined {
  const out: { -readonly [K in keyof ValueValidation]: ValueValidation[K] } = {};
  const maximum = read.number("maximum");
  if (maximum !== undefined) out.maximum = maximum;
  const minimum = read.number("minimum");
  if (minimum !== undefined) out.minimum = minimum;
  if (read.boolean("exclusiveMaximum")) out.exclusiveMaximum = true;
  if (read.boolean("exclusiveMinimum")) out.exclusiveMinimum = true;
  if (read.boolean("uniqueItems")) out.uniqueItems = true;
  const multipleOf = read.number("multipleOf");
  if (multipleOf !== undefined) out.multipleOf = Number(multipleOf);
  for (const name of [
    "maxLength",
    "minLength",
    "maxItems",
    "minItems",
    "maxProperties",
    "minProperties",
  ] as const) {
    const value = read.count(name);
    if (value !== undefined) out[name] = value;
  }
  const pattern = read.string("pattern");
  if (pattern !== undefined && pattern !== "") out.pattern = pattern;
  Object.assign(out, read.names("required", "required"));
  const values = getKey(read.raw, "enum");
  if (Array.isArray(values)) out.enum = cloneJson(values);
  parseJunctors(read, skip, out);
  return Object.keys(out).length === 0 ? undefined : out;
}

function parseJunctors(
  read: SchemaReader,
  skip: Exceptions,
  out: {
    allOf?: readonly NestedValidation[];
    anyOf?: readonly NestedValidation[];
    oneOf?: readonly NestedValidation[];
    not?: NestedValidation;
  },
): void {
  for (const name of ["allOf", "anyOf", "oneOf"] as const) {
    const list = getKey(read.raw, name);
    if (!Array.isArray(list) || list.length === 0) continue;
    out[name] = list.map((raw, i) =>
      parseNested(raw, read.at.child(name).index(i), read.errors, {
        allowType: name === "anyOf" && skip.skipAnyOf,
        skipAnyOf: name === "allOf" && i === 0 && skip.skipFirstAllOfAnyOf,
      }),
    );
  }
  const not = getKey(read.raw, "not");
  if (not !== undefined && not !== null)
    out.not = parseNested(not, read.at.child("not"), read.errors, { allowType: false, skipAnyOf: false });
}

/** A schema inside a junctor; what only a structural node may say is an error. */
function parseNested(
  raw: JsonValue,
  at: FieldPath,
  errors: FieldError[],
  allow: { readonly allowType: boolean; readonly skipAnyOf: boolean },
): NestedValidation {
  if (!isObject(raw)) {
    errors.push(typeInvalid(at, raw, "must be a schema object"));
    return {};
  }
  const read = new SchemaReader(raw, at, errors);
  read.forbidUnsupported();
  if (!allow.allowType) forbidStructure(raw, at, errors);
  const type = read.type();
  const validation = parseValueValidation(read, { ...none, skipAnyOf: allow.skipAnyOf });
  checkNestedPattern(validation, at, errors);
  return {
    ...validation,
    ...(type === undefined ? {} : { type }),
    ...read.strings("format"),
    ...nestedChildren(raw, at, errors),
  };
}

function nestedChildren(
  raw: JsonObject,
  at: FieldPath,
  errors: FieldError[],
): Pick<NestedValidation, "properties" | "items"> {
  const below = { allowType: false, skipAnyOf: false };
  const out: { properties?: Map<string, NestedValidation>; items?: NestedValidation } = {};
  const properties = getKey(raw, "properties");
  if (isObject(properties)) {
    out.properties = new Map();
    for (const key of Object.keys(properties)) {
      const path = at.child("properties").key(key);
      if (key === "metadata") errors.push(forbidden(path, "must not be specified in a nested context"));
      out.properties.set(key, parseNested(properties[key] as JsonValue, path, errors, below));
    }
  }
  const items = getKey(raw, "items");
  if (isObject(items)) out.items = parseNested(items, at.child("items"), errors, below);
  return out;
}

function checkNestedPattern(
  validation: ValueValidation | undefined,
  at: FieldPath,
  errors: FieldError[],
): void {
  const pattern = validation?.pattern;
  if (pattern === undefined) return;
  const { error } = compilePattern(pattern);
  if (error !== undefined)
    errors.push(
      invalid(at.child("pattern"), pattern, `must be a valid regular expression, but isn't: ${error}`),
    );
}

const mustBeEmpty = "must be empty to be structural";
const mustBeFalse = "must be false to be structural";
const mustBeUndefined = "must be undefined to be structural";
const structureOnly: readonly (readonly [string, string])[] = [
  ["type", mustBeEmpty],
  ["additionalProperties", mustBeUndefined],
  ["default", mustBeUndefined],
  ["title", mustBeEmpty],
  ["description", mustBeEmpty],
  ["nullable", mustBeFalse],
  ["x-kubernetes-preserve-unknown-fields", mustBeFalse],
  ["x-kubernetes-embedded-resource", mustBeFalse],
  ["x-kubernetes-int-or-string", mustBeFalse],
  ["x-kubernetes-list-map-keys", mustBeEmpty],
  ["x-kubernetes-list-type", mustBeUndefined],
  ["x-kubernetes-map-type", mustBeUndefined],
  ["x-kubernetes-validations", mustBeEmpty],
];

function forbidStructure(raw: JsonObject, at: FieldPath, errors: FieldError[]): void {
  for (const [name, why] of structureOnly) {
    const value = getKey(raw, name);
    if (value === undefined || value === null || value === "" || value === false) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    errors.push(forbidden(at.child(name), why));
  }
}
