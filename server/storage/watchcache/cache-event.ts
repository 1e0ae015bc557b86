import type { StoreEvent } from "../store.ts";
import type { CachedObject, CacheEvent } from "./types.ts";

const types = { create: "ADDED", update: "MODIFIED", delete: "DELETED" } as const;

/** The event of a store between two states of an object. */
export function cacheEvent(
  { type, revision }: StoreEvent,
  object: CachedObject,
  previous: CachedObject | undefined,
): CacheEvent {
  return { type: types[type], revision, object, ...(previous === undefined ? {} : { previous }) };
}
