/**
 * Tells whether a live resource is as rendered, without asking the server. What we applied is known from the managed
 * fields of our manager: a field somebody else changed is no longer in them, a field we no longer render still is, and
 * everything others added never was. So only values of our own fields are compared.
 */
import type { KubeObject } from "../api/meta/types.ts";
import { asJson } from "../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../machinery/json/value.ts";
import { equalJson, getKey, isObject } from "../machinery/json/value.ts";
import { itemMatchers } from "./drift-items.ts";
import { sameScalar } from "./drift-scalar.ts";
import { fieldManager } from "./names.ts";

/** Identity, not configuration: nobody owns these. */
const unownedRoot = new Set(["apiVersion", "kind"]);
const unownedMetadata = new Set(["name", "namespace", "uid"]);

/** The fields where the live resource is not as rendered, as paths; empty when nothing is to be written. */
export function findDrift(live: KubeObject, desired: KubeObject): readonly string[] {
  const applied = appliedFields(live);
  if (applied?.apiVersion !== desired.apiVersion) return ["metadata.managedFields"];
  const found: string[] = [];
  const wanted = asJson(desired);
  compareFields({ wanted, live: asJson(live), owned: applied.fields, path: "", skip: unownedRoot }, found);
  return found;
}

/** What our manager has applied to a resource: FieldsV1 and the version it speaks; undefined when nothing. */
export function appliedFields(
  object: KubeObject,
): { readonly apiVersion: string; readonly fields: JsonObject; readonly time?: string } | undefined {
  const entry = object.metadata.managedFields?.find(
    ({ manager, operation, subresource }) =>
      manager === fieldManager && operation === "Apply" && (subresource ?? "") === "",
  );
  if (entry?.fieldsV1 === undefined) return undefined;
  return {
    apiVersion: entry.apiVersion,
    fields: entry.fieldsV1,
    ...(entry.time === undefined ? {} : { time: entry.time }),
  };
}

interface Comparison<T extends JsonValue> {
  readonly wanted: T;
  readonly live: JsonValue | undefined;
  /** The node of FieldsV1 for this value. */
  readonly owned: JsonObject;
  readonly path: string;
  /** Names that are not compared here, and not missed in `wanted` either. */
  readonly skip: ReadonlySet<string>;
}

const nothing: ReadonlySet<string> = new Set();

function compareNode(at: Comparison<JsonValue>, found: string[]): void {
  const { wanted, live, path } = at;
  if (wanted === null) {
    if (live !== undefined && live !== null) found.push(path);
  } else if (Array.isArray(wanted)) {
    compareList({ ...at, wanted }, found);
  } else if (isObject(wanted)) {
    compareFields({ ...at, wanted }, found);
  } else if (!sameScalar(wanted, live, path)) {
    found.push(path);
  }
}

function compareFields(at: Comparison<JsonObject>, found: string[]): void {
  const { wanted, live, owned, path, skip } = at;
  if (!isObject(live)) {
    found.push(path);
    return;
  }
  const below = elementsOf(owned);
  if (below.length === 0 && Object.keys(wanted).length > 0) {
    // Atomic: owned as a whole, so nobody else changed it since, and what is there beyond ours are defaults.
    if (!includes(live, wanted, path)) found.push(path);
    return;
  }
  for (const [name, value] of Object.entries(wanted)) {
    if (skip.has(name)) continue;
    const here = path === "" ? name : `${path}.${name}`;
    const child = getKey(owned, `f:${name}`);
    if (isObject(child)) {
      const comparison = { wanted: value, live: getKey(live, name), owned: child, path: here };
      compareNode({ ...comparison, skip: here === "metadata" ? unownedMetadata : nothing }, found);
    } else if (value !== null && !ownsNothing(value)) {
      found.push(here);
    }
  }
  for (const element of below) {
    const name = element.startsWith("f:") ? element.slice(2) : undefined;
    if (name === undefined) found.push(path);
    else if (!Object.hasOwn(wanted, name) && !skip.has(name)) {
      found.push(path === "" ? name : `${path}.${name}`);
    }
  }
}

function compareList(at: Comparison<JsonValue[]>, found: string[]): void {
  const { wanted, live, owned, path } = at;
  const below = elementsOf(owned);
  if (!Array.isArray(live)) {
    found.push(path);
    return;
  }
  if (below.length === 0) {
    if (!includes(live, wanted, path)) found.push(path);
    return;
  }
  const left = new Map(itemMatchers(below).map((matcher) => [matcher.element, matcher]));
  let last = -1;
  for (const item of inOrderOfPrecision(wanted, left)) {
    const matcher = item.matcher;
    const index = matcher === undefined ? -1 : live.findIndex((candidate) => matcher.matches(candidate));
    if (matcher === undefined || index < 0) {
      found.push(`${path}[]`);
      continue;
    }
    const child = getKey(owned, matcher.element);
    const comparison = { wanted: item.value, live: live[index], owned: isObject(child) ? child : {} };
    compareNode({ ...comparison, path: `${path}[${matcher.element}]`, skip: matcher.keys }, found);
    if (index < last) found.push(path);
    last = index;
  }
  if (left.size > 0) found.push(`${path}[]`);
}

type Matcher = ReturnType<typeof itemMatchers>[number];

/** Each item with its element, found in two rounds: an item that leaves out a key with a default must not take another's. */
function inOrderOfPrecision(
  items: readonly JsonValue[],
  left: Map<string, Matcher>,
): readonly { value: JsonValue; matcher: Matcher | undefined }[] {
  const result = items.map((value) => ({ value, matcher: undefined as Matcher | undefined }));
  for (const isExact of [true, false]) {
    for (const entry of result) {
      if (entry.matcher !== undefined) continue;
      const matcher = [...left.values()].find((candidate) => candidate.matches(entry.value, isExact));
      if (matcher === undefined) continue;
      entry.matcher = matcher;
      left.delete(matcher.element);
    }
  }
  return result;
}

/** Empty lists have no field that could be owned, and what has nothing but those neither. */
function ownsNothing(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (!isObject(value)) return false;
  const children = Object.values(value);
  return children.length > 0 && children.every(ownsNothing);
}

const elementsOf = (owned: JsonObject): string[] => Object.keys(owned).filter((key) => key !== ".");

/** Whether the live value has everything of the wanted one; lists must have the same length. */
function includes(live: JsonValue | undefined, wanted: JsonValue, path: string): boolean {
  if (wanted === null) return live === undefined || live === null;
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(live) &&
      live.length === wanted.length &&
      wanted.every((item, i) => includes(live[i], item, path))
    );
  }
  if (isObject(wanted)) {
    return (
      isObject(live) &&
      Object.entries(wanted).every(([key, value]) => includes(getKey(live, key), value, `${path}.${key}`))
    );
  }
  return sameScalar(wanted, live, path) || equalJson(wanted, live);
}
