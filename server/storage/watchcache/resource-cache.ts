import type { JsonObject } from "../../../machinery/json/value.ts";
import type { Structural } from "../../../machinery/schema/structural.ts";
import type { Store, StoreEvent, StoreSubscription } from "../store.ts";
import { isStorageError, StorageError } from "../store.ts";
import { cacheEvent } from "./cache-event.ts";
import type { Facts } from "./cached-object.ts";
import { cachedObject, factsOf, factsOfStored } from "./cached-object.ts";
import type { HistoryLimits } from "./event-ring.ts";
import { EventRing } from "./event-ring.ts";
import { Listeners } from "./listeners.ts";
import type { KeptForms } from "./kept-forms.ts";
import type { SnapshotLimits } from "./object-index.ts";
import { ObjectIndex } from "./object-index.ts";
import { recall } from "./recall.ts";
import { encodeStored, isStoredAs } from "./stored-form.ts";
import type { CachedObject, CacheList, CacheListener, CacheSubscription, ResourceCache } from "./types.ts";

/** What a resource cache shares with the others of the same store. */
export interface CacheHub {
  readonly store: Store;
  readonly revision: number;
  readonly history: HistoryLimits;
  readonly snapshots: SnapshotLimits;
  readonly forms: KeptForms;
  now(): number;
  /** With a key, as far as that key is concerned. */
  current(key?: string): Promise<number>;
  waitFor(revision: number | bigint): Promise<void>;
  /** Throws Unavailable while the store is away. */
  checkAvailable(): void;
  /** The store is away: absent error means it was closed in order. */
  lost(error: StorageError | undefined): void;
}

interface State {
  readonly index: ObjectIndex;
  readonly ring: EventRing;
  /** The oldest revision the store knew of the history before, when the state was loaded. */
  readonly oldest: number;
  /** Fulfilled when nobody reads that history; never rejects. */
  recalling: Promise<void>;
}

/** The watch cache of one resource: follows the keys under its prefix and writes through to the store. */
export class FollowedResource implements ResourceCache {
  readonly #hub: CacheHub;
  readonly #prefix: string;
  readonly #listeners = new Listeners();
  /** Facts of objects being written, so that their events need no decoding: stores hand back the same Buffer. */
  readonly #written = new WeakMap<Buffer, Facts>();
  #state: State;
  #following: StoreSubscription | undefined;

  /** `prefix` ends in a slash. The cache is of use after `follow`. */
  constructor(hub: CacheHub, prefix: string) {
    this.#hub = hub;
    this.#prefix = prefix;
    this.#state = this.#stateOf([], 0, 0);
  }

  get revision(): number {
    return this.#hub.revision;
  }

  /** Loads the state, then follows. What was before it is read from the store when somebody asks for it. */
  async follow(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#load();
        return;
      } catch (error) {
        // The store was compacted between the list and the watch from there.
        if (!isStorageError(error, "Compacted") || attempt === 5) throw error;
      }
    }
  }

  /** Ends all subscriptions; the last state stays readable. */
  drop(): void {
    this.#following?.stop();
    this.#following = undefined;
    this.#listeners.closeAll();
  }

  current(namespace = "", name?: string): Promise<number> {
    return this.#hub.current(name === undefined ? undefined : this.#prefix + relativeKey(namespace, name));
  }

  waitFor(revision: number | bigint): Promise<void> {
    return this.#hub.waitFor(revision);
  }

  get(namespace: string, name: string): CachedObject | undefined {
    return this.#state.index.get(relativeKey(namespace, name));
  }

  list(namespace: string): CacheList {
    return { items: this.#state.index.list(namespace), revision: this.#hub.revision };
  }

  async listAt(namespace: string, revision: number): Promise<CacheList | undefined> {
    if (revision > this.#hub.revision) return undefined;
    let items = this.#at(namespace, revision);
    if (items === undefined && revision < this.#state.ring.floor) {
      try {
        await this.#recall(revision);
      } catch (error) {
        if (isStorageError(error, "Compacted")) return undefined;
        throw error;
      }
      items = this.#at(namespace, revision);
    }
    return items === undefined ? undefined : { items, revision };
  }

  #at(namespace: string, revision: number): readonly CachedObject[] | undefined {
    return this.#state.index.at(namespace, revision, this.#state.ring, this.#hub.now());
  }

  async subscribe(after: number, listener: CacheListener): Promise<CacheSubscription> {
    this.#hub.checkAvailable();
    if (after < this.#state.ring.floor) {
      await this.#recall(after);
      this.#hub.checkAvailable();
    }
    // From here on without waiting: no event comes in between.
    const { ring } = this.#state;
    if (after < ring.floor) {
      throw new StorageError("Compacted", this.#prefix, `too old resource version: ${after} (${ring.floor})`);
    }
    let delivered = after;
    // A listener that writes adds events while the past is being delivered.
    for (let before = -1; before !== delivered;) {
      before = delivered;
      for (const event of ring.after(delivered)) {
        delivered = event.revision;
        listener.event(event);
      }
    }
    return { startRevision: after, stop: this.#listeners.add(delivered, listener) };
  }

  snapshotAndSubscribe(
    namespace: string,
    listener: CacheListener,
  ): { list: CacheList; subscription: CacheSubscription } {
    this.#hub.checkAvailable();
    const list = this.list(namespace);
    const stop = this.#listeners.add(list.revision, listener);
    return { list, subscription: { startRevision: list.revision, stop } };
  }

  async create(
    namespace: string,
    name: string,
    object: JsonObject,
    settledBy?: Structural,
  ): Promise<CachedObject> {
    const relative = relativeKey(namespace, name);
    const { stored, facts } = this.#prepare(object, settledBy);
    checkSize(relative, stored);
    const revision = await this.#hub.store.create(this.#prefix + relative, stored);
    return this.#outcome(relative, revision, stored, facts);
  }

  async update(
    namespace: string,
    name: string,
    object: JsonObject,
    expected: Parameters<ResourceCache["update"]>[3],
  ): Promise<CachedObject> {
    const relative = relativeKey(namespace, name);
    const last = typeof expected === "number" ? undefined : expected;
    const { stored, facts } = this.#prepare(object, last?.settledBy);
    if (last !== undefined && isStoredAs(last.replaced, stored)) return last.replaced;
    checkSize(relative, stored);
    const at = typeof expected === "number" ? expected : expected.replaced.revision;
    const revision = await this.#hub.store.update(this.#prefix + relative, stored, at);
    return this.#outcome(relative, revision, stored, facts);
  }

  async delete(namespace: string, name: string, expected: number, last: JsonObject): Promise<CachedObject> {
    const relative = relativeKey(namespace, name);
    const { stored, facts } = this.#prepare(last);
    const revision = await this.#hub.store.delete(this.#prefix + relative, expected, stored);
    return this.#outcome(relative, revision, stored, facts);
  }

  #prepare(object: JsonObject, settledBy?: Structural): { stored: Buffer; facts: Facts } {
    const stored = encodeStored(object);
    const facts = factsOf(object, settledBy);
    this.#written.set(stored, facts);
    return { stored, facts };
  }

  #outcome(relative: string, revision: number, stored: Buffer, facts: Facts): CachedObject {
    const event = this.#state.ring.at(revision);
    // The write is durable even when the store was lost before the event came.
    const { forms } = this.#hub;
    return (
      event?.object ??
      cachedObject({ key: this.#prefix + relative, relative, revision, stored, facts, forms })
    );
  }

  async #load(): Promise<void> {
    const { store } = this.#hub;
    const oldest = await store.compactedRevision();
    const { items, revision } = await store.list(this.#prefix);
    const objects = items.map((item) => this.#object(item.key, item.revision, item.value));
    const state = this.#stateOf(objects, revision, oldest);
    this.#following = await store.watch(this.#prefix, revision, {
      event: (event) => {
        try {
          this.#follow(state, event);
        } catch (error) {
          this.#hub.lost(asStorageError(error, event.key));
        }
      },
      closed: (error) => {
        this.#hub.lost(error);
      },
    });
    this.#state = state;
  }

  #stateOf(objects: readonly CachedObject[], revision: number, oldest: number): State {
    return {
      index: new ObjectIndex(objects, revision, this.#hub.snapshots),
      ring: new EventRing(revision, this.#hub.history),
      oldest: Math.min(oldest, revision),
      recalling: Promise.resolve(),
    };
  }

  /** Has the ring reach back to the revision, if the store does. */
  async #recall(after: number): Promise<void> {
    const state = this.#state;
    const turn = state.recalling.then(() => this.#recallInTurn(state, after));
    state.recalling = turn.catch(() => undefined);
    await turn;
  }

  async #recallInTurn(state: State, after: number): Promise<void> {
    const { index, ring, oldest } = state;
    const upTo = ring.floor;
    if (after >= upTo || ring.hasForgotten) return;
    try {
      if (after < oldest) throw new StorageError("Compacted", this.#prefix, "before the oldest revision");
      const events = await recall(this.#hub.store, {
        prefix: this.#prefix,
        after,
        upTo,
        objectOf: (key, revision, stored) => {
          const present = index.get(key.slice(this.#prefix.length));
          return present?.revision === revision ? present : this.#object(key, revision, stored);
        },
      });
      ring.unshift(events, after, this.#hub.now());
    } catch (error) {
      if (!isStorageError(error, "Compacted")) throw error;
      const floor = Math.max(oldest, await this.#hub.store.compactedRevision());
      throw new StorageError(
        "Compacted",
        this.#prefix,
        `too old resource version: ${after} (${floor})`,
        error,
      );
    }
  }

  #object(key: string, revision: number, stored: Buffer): CachedObject {
    const facts = this.#written.get(stored) ?? factsOfStored(key, stored);
    const { forms } = this.#hub;
    return cachedObject({ key, relative: key.slice(this.#prefix.length), revision, stored, facts, forms });
  }

  #follow(state: State, event: StoreEvent): void {
    const previous = state.index.get(event.key.slice(this.#prefix.length));
    const change = cacheEvent(event, this.#object(event.key, event.revision, event.value), previous);
    const now = this.#hub.now();
    state.index.apply(change, now);
    state.ring.push(change, now);
    this.#listeners.deliver(change);
  }
}

const relativeKey = (namespace: string, name: string): string =>
  namespace === "" ? name : `${namespace}/${name}`;

function asStorageError(error: unknown, key: string): StorageError {
  if (isStorageError(error)) return error;
  return new StorageError("Corrupt", key, `the change of ${key} could not be read`, error);
}

/** What etcd takes in one request by default; many small patches must not grow an object beyond it either. */
const maxStoredBytes = 1.5 * 1024 * 1024;

/** Deletions are not checked: an object must always be possible to remove. */
function checkSize(key: string, stored: Buffer): void {
  if (stored.length <= maxStoredBytes) return;
  throw new StorageError("TooLarge", key, "etcdserver: request is too large");
}
