import type { Store, StoreEvent } from "../store.ts";
import { StorageError } from "../store.ts";
import { cacheEvent } from "./cache-event.ts";
import type { CachedObject, CacheEvent } from "./types.ts";

/** Which part of the history is wanted, and how its states become objects. */
export interface Recalled {
  readonly prefix: string;
  /** Events with a greater revision, … */
  readonly after: number;
  /** … up to this one. The store has committed it. */
  readonly upTo: number;
  readonly objectOf: (key: string, revision: number, stored: Buffer) => CachedObject;
}

/**
 * The events of a prefix that a store still knows, oldest first. States are shared between neighbouring events. Fails
 * with Compacted when history that old is gone.
 */
export async function recall(store: Store, recalled: Recalled): Promise<CacheEvent[]> {
  const events: CacheEvent[] = [];
  const states = new Map<string, CachedObject>();
  let failure: { readonly error: unknown } | undefined;
  const following = await store.watch(recalled.prefix, recalled.after, {
    event: (event) => {
      if (event.revision > recalled.upTo || failure !== undefined) return;
      try {
        events.push(eventOf(event, states, recalled));
      } catch (error) {
        failure = { error };
      }
    },
    closed: (error) => {
      failure ??= { error: error ?? new StorageError("Unavailable", "", "the store is closed") };
    },
  });
  following.stop();
  if (failure !== undefined) throw failure.error;
  return events;
}

function eventOf(event: StoreEvent, states: Map<string, CachedObject>, { objectOf }: Recalled): CacheEvent {
  const { key, previous: before } = event;
  const seen = states.get(key);
  const previous =
    before === undefined || seen?.revision === before.revision
      ? seen
      : objectOf(key, before.revision, before.value);
  const object = objectOf(key, event.revision, event.value);
  if (event.type === "delete") states.delete(key);
  else states.set(key, object);
  return cacheEvent(event, object, event.type === "create" ? undefined : previous);
}
