import type { JsonObject, JsonValue } from "../json/value.ts";
import { cloneJson, getKey, isObject, setKey } from "../json/value.ts";
import { pruneValue } from "./prune.ts";
import type { Structural } from "./structural.ts";

/**
 * Defaulting, at every depth of what is present: an absent field gets its default, an explicit null of a field that is
 * not nullable counts as absent. A default brings its own nested defaults along. Existing false, 0 and "" stay.
 */

/** Mutates the object: drops nulls nobody asked for, then fills in. Every default is a fresh copy. */
export function applyDefaults(object: JsonObject, schema: Structural): void {
  dropNulls(object, schema);
  defaultNode(object, schema);
}

/** Mutates the object: fills in, but leaves nulls that have no default. What an apply made is not read again. */
export function fillDefaults(object: JsonObject, schema: Structural): void {
  defaultNode(object, schema);
}

const childOf = (s: Structural, key: string): Structural | undefined => {
  const child = s.properties?.get(key) ?? s.additionalProperties;
  return child === true ? undefined : child;
};

/** Whether an absent value is filled in. */
export const hasDefault = (s: Structural): s is Structural & { readonly default: JsonValue } =>
  s.default !== undefined && s.default !== null;

/** A property that is filled in. */
interface Defaulted {
  readonly key: string;
  readonly schema: Structural & { readonly default: JsonValue };
}

/** What there is to fill in at a node, found once: most of a schema has no defaults. */
interface Defaulting {
  readonly own: readonly Defaulted[];
  /** Whether anything is filled in at the node or below it. */
  readonly any: boolean;
}

const nothing: Defaulting = { own: [], any: false };
const known = new WeakMap<Structural, Defaulting>();

function defaultingOf(s: Structural): Defaulting {
  const { properties, additionalProperties, items } = s;
  if (properties === undefined && additionalProperties === undefined && items === undefined) return nothing;
  let found = known.get(s);
  if (found === undefined) known.set(s, (found = findDefaults(s)));
  return found;
}

function findDefaults({ properties = new Map(), additionalProperties, items }: Structural): Defaulting {
  const own = [...properties].flatMap(([key, schema]) => (hasDefault(schema) ? [{ key, schema }] : []));
  const children = [...properties.values(), additionalProperties, items];
  const any = children.some(
    (child) => child !== undefined && child !== true && (hasDefault(child) || defaultingOf(child).any),
  );
  return any ? { own, any } : nothing;
}

/** The properties of the node that are filled in where they are absent. */
export const defaultedIn = (s: Structural): readonly Defaulted[] => defaultingOf(s).own;

/** Removes, in place, the nulls of fields that are not nullable and have no default. */
export function dropNulls(value: JsonValue, s: Structural): void {
  if (Array.isArray(value)) {
    if (s.items !== undefined) for (const item of value) dropNulls(item, s.items);
    return;
  }
  if (!isObject(value)) return;
  for (const key of Object.keys(value)) {
    const child = childOf(s, key);
    if (child === undefined) continue;
    if (value[key] !== null) dropNulls(value[key] as JsonValue, child);
    else if (child.nullable !== true && !hasDefault(child)) Reflect.deleteProperty(value, key);
  }
}

function defaultNode(value: JsonValue, s: Structural): void {
  if (typeof value !== "object" || value === null || !defaultingOf(s).any) return;
  if (Array.isArray(value)) {
    if (s.items !== undefined) defaultItems(value, s.items);
    return;
  }
  for (const { key, schema } of defaultedIn(s)) {
    const present = getKey(value, key);
    if (present === undefined || (present === null && schema.nullable !== true))
      setKey(value, key, cloneJson(schema.default));
  }
  for (const key of Object.keys(value)) {
    const child = childOf(s, key);
    if (child === undefined) continue;
    if (value[key] === null && child.nullable !== true && hasDefault(child))
      setKey(value, key, cloneJson(child.default));
    defaultNode(value[key] as JsonValue, child);
  }
}

function defaultItems(items: JsonValue[], s: Structural): void {
  items.forEach((item, i) => {
    if (item === null && s.nullable !== true && hasDefault(s)) items[i] = cloneJson(s.default);
    defaultNode(items[i] as JsonValue, s);
  });
}

/**
 * The schema with each default pruned to what the schema itself declares, as is done once when a schema is loaded, so
 * that defaulting never adds a field pruning would take away again.
 */
export function pruneDefaults(schema: Structural): Structural {
  const properties = schema.properties;
  const additional = schema.additionalProperties;
  let own: Pick<Structural, "default"> = {};
  if (schema.default !== undefined) {
    const value = cloneJson(schema.default);
    pruneValue(value, schema);
    own = { default: value };
  }
  return {
    ...schema,
    ...own,
    ...(properties === undefined
      ? {}
      : { properties: new Map([...properties].map(([key, child]) => [key, pruneDefaults(child)])) }),
    ...(additional === undefined || additional === true
      ? {}
      : { additionalProperties: pruneDefaults(additional) }),
    ...(schema.items === undefined ? {} : { items: pruneDefaults(schema.items) }),
  };
}
