import type { FieldError } from "../field/error.ts";
import { invalid, required } from "../field/error.ts";
import { FieldPath } from "../field/path.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { getKey, isObject } from "../json/value.ts";
import { dns1035Label } from "../names/names.ts";
import type { Structural } from "./structural.ts";

export interface EmbeddedOptions {
  /** Checks the metadata of an embedded resource; paths start with `metadata`. Without it only the type is checked. */
  readonly validateMetadata?: (metadata: JsonObject) => readonly FieldError[];
}

/** The check of embedded resources (not of the object itself); undefined when the schema has none. */
export function compileEmbedded(
  schema: Structural,
  options: EmbeddedOptions,
): ((object: JsonObject) => FieldError[]) | undefined {
  if (!hasEmbedded(schema)) return undefined;
  return (object) => {
    const errors: FieldError[] = [];
    walk(object, schema, FieldPath.of(), { options, errors });
    return errors;
  };
}

function hasEmbedded(s: Structural): boolean {
  if (s.embeddedResource === true) return true;
  if (s.items !== undefined && hasEmbedded(s.items)) return true;
  const additional = s.additionalProperties;
  if (additional !== undefined && additional !== true && hasEmbedded(additional)) return true;
  return [...(s.properties?.values() ?? [])].some(hasEmbedded);
}

interface Run {
  readonly options: EmbeddedOptions;
  readonly errors: FieldError[];
}

function walk(value: JsonValue, s: Structural, at: FieldPath, run: Run): void {
  if (Array.isArray(value)) {
    const { items } = s;
    if (items !== undefined)
      value.forEach((item, i) => {
        walk(item, items, at.index(i), run);
      });
    return;
  }
  if (!isObject(value)) return;
  if (s.embeddedResource === true) checkResource(value, at, run);
  for (const key of Object.keys(value)) {
    const declared = s.properties?.get(key);
    const other = s.additionalProperties;
    if (declared !== undefined) walk(value[key] as JsonValue, declared, at.child(key), run);
    else if (other !== undefined && other !== true) walk(value[key] as JsonValue, other, at.key(key), run);
  }
}

function checkResource(resource: JsonObject, at: FieldPath, { options, errors }: Run): void {
  checkApiVersion(getKey(resource, "apiVersion"), at.child("apiVersion"), errors);
  checkKind(getKey(resource, "kind"), at.child("kind"), errors);
  const metadata = getKey(resource, "metadata");
  if (metadata === undefined || metadata === null) return;
  const below = at.child("metadata");
  if (!isObject(metadata)) {
    errors.push(invalid(below, metadata, "must be an object"));
    return;
  }
  for (const e of options.validateMetadata?.(metadata) ?? [])
    errors.push({ ...e, path: `${String(at)}.${e.path}` });
}

function checkApiVersion(value: JsonValue | undefined, at: FieldPath, errors: FieldError[]): void {
  if (value === undefined) errors.push(required(at));
  else if (typeof value !== "string") errors.push(invalid(at, value, "must be a string"));
  else if (value === "") errors.push(invalid(at, value, "must not be empty"));
  else if (value.split("/").length > 2)
    errors.push(invalid(at, value, `unexpected GroupVersion string: ${value}`));
}

function checkKind(value: JsonValue | undefined, at: FieldPath, errors: FieldError[]): void {
  if (value === undefined) errors.push(required(at));
  else if (typeof value !== "string") errors.push(invalid(at, value, "must be a string"));
  else if (value === "") errors.push(invalid(at, value, "must not be empty"));
  else {
    const messages = dns1035Label(value.toLowerCase());
    if (messages.length > 0)
      errors.push(
        invalid(at, value, `may have mixed case, but should otherwise match: ${messages.join(",")}`),
      );
  }
}
