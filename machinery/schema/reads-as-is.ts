import type { JsonObject, JsonValue } from "../json/value.ts";
import { getKey, isObject } from "../json/value.ts";
import { defaultedIn, hasDefault } from "./defaults.ts";
import type { Keep } from "./prune.ts";
import { typeMeta } from "./prune.ts";
import type { Structural } from "./structural.ts";

/**
 * Whether pruning and defaulting by the schema are known to leave the object alone: one walk that changes nothing. False
 * only costs whoever asks the pruning and defaulting.
 */
export function readsAsIs(object: JsonObject, schema: Structural): boolean {
  return isSettled(object, schema, "root");
}

/** By the rules of `prune` and `applyDefaults` together; below what nobody declares there is no schema. */
function isSettled(value: JsonValue, s: Structural | undefined, keep: Keep): boolean {
  const keepsUnknown = keep === "unknown" || s?.preserveUnknownFields === true;
  if (Array.isArray(value)) return areSettled(value, s?.items, keepsUnknown);
  if (!isObject(value)) return true;
  if (s === undefined) return keepsUnknown || Object.keys(value).length === 0;
  if (lacksDefault(value, s)) return false;
  const keepsMeta = keep === "root" || s.embeddedResource === true;
  for (const key of Object.keys(value)) {
    const declared = s.properties?.get(key) ?? s.additionalProperties;
    const isMeta = keepsMeta && typeMeta.has(key);
    if (declared === undefined && !keepsUnknown && !isMeta) return false;
    if (declared === undefined) continue;
    const child = declared === true ? undefined : declared;
    if (!isMemberSettled(value[key] as JsonValue, child, isMeta)) return false;
  }
  return true;
}

/** A null is dropped or filled in where it is not allowed. */
function isMemberSettled(member: JsonValue, s: Structural | undefined, isMeta: boolean): boolean {
  if (member === null) return s === undefined || s.nullable === true;
  return isSettled(member, s, isMeta ? "unknown" : undefined);
}

function areSettled(items: readonly JsonValue[], s: Structural | undefined, keepsUnknown: boolean): boolean {
  if (s === undefined && keepsUnknown) return true;
  const refillsNull = s !== undefined && s.nullable !== true && hasDefault(s);
  const keep = keepsUnknown ? "unknown" : undefined;
  return items.every((item) => !(item === null && refillsNull) && isSettled(item, s, keep));
}

const lacksDefault = (object: JsonObject, s: Structural): boolean =>
  defaultedIn(s).some(({ key }) => getKey(object, key) === undefined);
