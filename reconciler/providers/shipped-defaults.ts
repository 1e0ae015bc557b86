/**
 * What was shipped as the defaults of a built-in provider, kept on the object itself: a field that was shipped before and
 * is gone was taken out by an administrator, and stays out. One that was not shipped before is new, and arrives.
 */
import type { KubeObject } from "../../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject, setKey } from "../../machinery/json/value.ts";

/** The spec of a built-in provider as the program that applied it last shipped it, as JSON. */
export const shippedDefaultsAnnotation = "hawsepipe.dev/shipped-defaults";

/** The defaults without what an administrator has taken out of the object since some were applied to it. */
export function withoutRemoved(defaults: JsonObject, live: KubeObject | undefined): JsonObject {
  const text = live?.metadata.annotations?.[shippedDefaultsAnnotation];
  const before = text === undefined ? undefined : readShipped(text);
  if (before === undefined) return defaults;
  return keepObject(defaults, before, (live as unknown as { readonly spec?: JsonValue }).spec);
}

/** Undefined for a text nobody here has written. */
function readShipped(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function keepObject(
  defaults: JsonObject,
  before: JsonValue | undefined,
  live: JsonValue | undefined,
): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(defaults)) {
    const was = isObject(before) ? getKey(before, key) : undefined;
    const is = isObject(live) ? getKey(live, key) : undefined;
    if (was !== undefined && is === undefined) continue;
    setKey(kept, key, keepValue(value, was, is));
  }
  return kept;
}

function keepValue(
  defaults: JsonValue,
  before: JsonValue | undefined,
  live: JsonValue | undefined,
): JsonValue {
  if (isObject(defaults)) return keepObject(defaults, before, live);
  if (!Array.isArray(defaults)) return defaults;
  const identities = defaults.map(identityOf);
  // A list without keys has one owner, and whoever changes it takes it over.
  if (identities.includes(undefined)) return defaults;
  return defaults.flatMap((item, index) => {
    const was = itemOf(before, identities[index]);
    const is = itemOf(live, identities[index]);
    return was !== undefined && is === undefined ? [] : [keepValue(item, was, is)];
  });
}

/** An item of a set is itself, one of a map its name. */
function identityOf(item: JsonValue): string | undefined {
  if (typeof item === "string") return item;
  const name = isObject(item) ? getKey(item, "name") : undefined;
  return typeof name === "string" ? name : undefined;
}

function itemOf(list: JsonValue | undefined, identity: string | undefined): JsonValue | undefined {
  return Array.isArray(list) ? list.find((item) => identityOf(item) === identity) : undefined;
}
