import type { JsonObject } from "../../../machinery/json/value.ts";
import { getKey, isObject } from "../../../machinery/json/value.ts";
import type { Draft } from "./draft.ts";
import { literalId } from "./draft.ts";

/**
 * Adds entries to those the base registers. One with the id of another takes its place; what only the base's entry
 * says of the same provider's resource stays.
 */
export function mergeRegistered(
  kind: string,
  idKey: string,
  entries: readonly JsonObject[],
  draft: Draft,
): void {
  if (entries.length === 0) return;
  const merged = new Map<string, JsonObject>();
  for (const entry of draft.registered(kind)) merged.set(literalId(getKey(entry, idKey)), entry);
  for (const entry of entries) {
    const id = literalId(getKey(entry, idKey));
    merged.set(id, over(merged.get(id), entry));
  }
  draft.setRegistered(kind, [...merged.values()]);
}

function over(base: JsonObject | undefined, entry: JsonObject): JsonObject {
  if (base === undefined) return entry;
  if (literalId(getKey(base, "provider_id")) !== literalId(getKey(entry, "provider_id"))) return entry;
  const old = getKey(base, "metadata");
  const own = getKey(entry, "metadata");
  const metadata = isObject(old) && isObject(own) ? { metadata: { ...old, ...own } } : {};
  return { ...base, ...entry, ...metadata };
}
