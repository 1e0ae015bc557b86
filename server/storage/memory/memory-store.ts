import type { Clock } from "../../../machinery/clock.ts";
import { compareUtf8 } from "../../../machinery/json/encode.ts";
import type { Retention } from "../compaction.ts";
import { defaultRetention, scheduleCompaction } from "../compaction.ts";
import type { Store, StoredValue, StoreEvent, StoreListener, StoreSubscription } from "../store.ts";
import { StorageError } from "../store.ts";
import { Subscriptions } from "../subscriptions.ts";

/**
 * A store in the memory of this process: for tests and for servers that may forget. Each write is one synchronous
 * step, so commit order and visibility order are the same by construction.
 */

export interface MemoryStoreOptions {
  /** Runs compaction; without it history is kept until `compact` is called. */
  readonly clock?: Clock;
  readonly retention?: Retention;
}

/** An empty store at revision 1, so that 0 is never a revision. */
export function openMemoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(options);
}

class MemoryStore implements Store {
  readonly #values = new Map<string, StoredValue>();
  /** Revisions are contiguous: `#log[i]` has revision `#floor + 1 + i`. */
  #log: StoreEvent[] = [];
  #floor = 1;
  #revision = 1;
  #closed = false;
  readonly #subscriptions = new Subscriptions();
  readonly #stopCompaction: () => void;

  constructor(options: MemoryStoreOptions) {
    this.#stopCompaction =
      options.clock === undefined
        ? () => undefined
        : scheduleCompaction(this, options.clock, options.retention ?? defaultRetention);
  }

  get latestRevision(): number {
    return this.#revision;
  }

  async get(key: string): Promise<StoredValue | undefined> {
    this.#checkOpen(key);
    return this.#values.get(key);
  }

  async list(prefix: string): Promise<{ items: readonly StoredValue[]; revision: number }> {
    this.#checkOpen(prefix);
    const items = [...this.#values.values()].filter((value) => value.key.startsWith(prefix));
    // Sorted here, not with each write: caches list once and then follow events.
    return { items: items.sort((a, b) => compareUtf8(a.key, b.key)), revision: this.#revision };
  }

  async create(key: string, value: Buffer): Promise<number> {
    this.#checkOpen(key);
    if (this.#values.has(key)) throw new StorageError("KeyExists", key, `key ${key} exists`);
    return this.#commit("create", key, value, undefined);
  }

  async update(key: string, value: Buffer, expected: number): Promise<number> {
    return this.#commit("update", key, value, this.#expect(key, expected));
  }

  async delete(key: string, expected: number, lastValue?: Buffer): Promise<number> {
    const previous = this.#expect(key, expected);
    return this.#commit("delete", key, lastValue ?? previous.value, previous);
  }

  async watch(prefix: string, after: number, listener: StoreListener): Promise<StoreSubscription> {
    this.#checkOpen(prefix);
    if (after < this.#floor) {
      throw new StorageError(
        "Compacted",
        prefix,
        `revision ${after} is compacted, the oldest is ${this.#floor}`,
      );
    }
    for (let i = after - this.#floor; i < this.#log.length; i++) {
      const event = this.#log[i];
      if (event?.key.startsWith(prefix) === true) listener.event(event);
    }
    return this.#subscriptions.add(prefix, Math.max(after, this.#revision), listener);
  }

  async currentRevision(): Promise<number> {
    this.#checkOpen("");
    return this.#revision;
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen("");
    const floor = Math.min(revision, this.#revision);
    if (floor <= this.#floor) return;
    this.#log = this.#log.slice(floor - this.#floor);
    this.#floor = floor;
  }

  async compactedRevision(): Promise<number> {
    this.#checkOpen("");
    return this.#floor;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopCompaction();
    this.#subscriptions.closeAll();
  }

  #checkOpen(key: string): void {
    if (this.#closed) throw new StorageError("Unavailable", key, "the store is closed");
  }

  #expect(key: string, expected: number): StoredValue {
    this.#checkOpen(key);
    const found = this.#values.get(key);
    if (found?.revision !== expected) {
      const state = found === undefined ? "does not exist" : `is at revision ${found.revision}`;
      throw new StorageError("Conflict", key, `key ${key} ${state}, not at revision ${expected}`);
    }
    return found;
  }

  #commit(type: StoreEvent["type"], key: string, value: Buffer, previous: StoredValue | undefined): number {
    this.#revision += 1;
    const revision = this.#revision;
    if (type === "delete") this.#values.delete(key);
    else this.#values.set(key, { key, revision, value });
    const event: StoreEvent = { type, key, revision, value, ...(previous === undefined ? {} : { previous }) };
    this.#log.push(event);
    this.#subscriptions.publish(event);
    return revision;
  }
}
