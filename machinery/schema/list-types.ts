import type { FieldError } from "../field/error.ts";
import { duplicate, invalid } from "../field/error.ts";
import { FieldPath } from "../field/path.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { getKey, isObject, setKey } from "../json/value.ts";
import { listMapKey, scalarKey } from "./correlate.ts";
import type { Structural } from "./structural.ts";

type Visit = (value: JsonValue, at: FieldPath, errors: FieldError[]) => void;

/** The check that items of sets and keys of map lists are unique; undefined when the schema has neither. */
export function compileListTypes(schema: Structural): ((object: JsonObject) => FieldError[]) | undefined {
  const visit = compile(schema);
  if (visit === undefined) return undefined;
  return (object) => {
    const errors: FieldError[] = [];
    visit(object, FieldPath.of(), errors);
    return errors;
  };
}

function compile(s: Structural): Visit | undefined {
  const own =
    s.listType === "set" ? checkSet : s.listType === "map" ? checkMap(s.listMapKeys ?? []) : undefined;
  const items = s.items === undefined ? undefined : compile(s.items);
  const fields = new Map<string, Visit>();
  for (const [key, child] of s.properties ?? []) {
    const visit = compile(child);
    if (visit !== undefined) fields.set(key, visit);
  }
  const additional = s.additionalProperties;
  const other = additional === undefined || additional === true ? undefined : compile(additional);
  if (own === undefined && items === undefined && fields.size === 0 && other === undefined) return undefined;
  return (value, at, errors) => {
    if (Array.isArray(value)) {
      own?.(value, at, errors);
      if (items !== undefined)
        value.forEach((item, i) => {
          if (typeof item === "object" && item !== null) items(item, at.index(i), errors);
        });
      return;
    }
    if (!isObject(value)) return;
    visitFields(value, { at, fields, other, known: s.properties }, errors);
  };
}

interface Fields {
  readonly at: FieldPath;
  readonly fields: ReadonlyMap<string, Visit>;
  readonly other: Visit | undefined;
  readonly known: ReadonlyMap<string, Structural> | undefined;
}

function visitFields(value: JsonObject, { at, fields, other, known }: Fields, errors: FieldError[]): void {
  for (const [key, visit] of fields) {
    const child = getKey(value, key);
    if (child !== undefined) visit(child, at.child(key), errors);
  }
  if (other === undefined) return;
  for (const key of Object.keys(value))
    if (known?.has(key) !== true) other(value[key] as JsonValue, at.key(key), errors);
}

/** The first repetition of each value is reported, further ones are not. */
function repeated(keys: readonly string[]): number[] {
  const times = new Map<string, number>();
  const out: number[] = [];
  keys.forEach((key, i) => {
    const seen = times.get(key) ?? 0;
    if (seen === 1) out.push(i);
    times.set(key, seen + 1);
  });
  return out;
}

function checkSet(items: readonly JsonValue[], at: FieldPath, errors: FieldError[]): void {
  if (items.length < 2) return;
  for (const i of repeated(items.map(scalarKey))) errors.push(duplicate(at.index(i), items[i]));
}

function checkMap(keys: readonly string[]) {
  return (items: readonly JsonValue[], at: FieldPath, errors: FieldError[]): void => {
    const stray = items.findIndex((item) => item !== null && !isObject(item));
    if (stray >= 0) {
      errors.push(invalid(at.index(stray), items[stray], "must be an object for an array of list-type map"));
      return;
    }
    if (items.length < 2) return;
    const empty = keys.map(() => "-").join(",");
    for (const i of repeated(items.map((item) => listMapKey(item, keys) ?? empty)))
      errors.push(duplicate(at.index(i), keyObject(items[i], keys)));
  };
}

function keyObject(item: JsonValue | undefined, keys: readonly string[]): JsonObject {
  const out: JsonObject = {};
  if (!isObject(item)) return out;
  for (const key of keys.toSorted()) {
    const value = getKey(item, key);
    if (value !== undefined) setKey(out, key, value);
  }
  return out;
}
