import { isApiError } from "../../../api/errors/api-error.ts";
import type { Client } from "../../../cluster/client.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { Retention } from "../compaction.ts";
import { defaultRetention, scheduleCompaction } from "../compaction.ts";
import type { Store, StoredValue, StoreListener, StoreSubscription } from "../store.ts";
import { StorageError } from "../store.ts";
import type { CatchUp } from "./catch-up.ts";
import { createCatchUp } from "./catch-up.ts";
import { unavailable } from "./failure.ts";
import { FailureLog } from "./failure-log.ts";
import { Follower } from "./follower.ts";
import { Mirror } from "./mirror.ts";
import { ReadBarrier } from "./read-barrier.ts";
import { anchorName, encodeMark, recordResource } from "./record.ts";
import { removeOldTombstones } from "./tombstones.ts";
import { Writer } from "./writer.ts";

/**
 * The store in a cluster: each key is a record in the host's API, so the host's etcd is the durable, replicated and
 * backed-up engine, and revisions are the host's resourceVersions. Any number of replicas share the records; each
 * mirrors them by one watch. A write is a compare-and-swap on the record, and a deletion is one too: it turns the
 * record into a tombstone that holds the last value, so a deletion has one revision and one final state like any other
 * change; the tombstone is removed later, which no watch of this store shows. While the host is away, running watches
 * stay open, everything that must ask the host fails with Unavailable, and after a while the store is not reachable.
 */

export interface RecordsStoreOptions {
  /** May get, list, watch, create, update, patch and delete records in the namespace. */
  readonly client: Client;
  /** Where the records are; must exist, like the kind. */
  readonly namespace: string;
  /** Of this process, unlike that of any other one that ever used these records. */
  readonly identity: string;
  readonly clock: Clock;
  /** 0 ≤ n < 1; spreads retries. */
  readonly random: () => number;
  /** How much history is kept here for watches that resume. What the host keeps is the host's matter. */
  readonly retention?: Retention;
  /** Told about failures that were dealt with, for the log. */
  readonly onError?: (error: unknown) => void;
}

/** Reads the records and follows them. Fails with Unavailable when the host cannot be reached or has no such kind. */
export async function openRecordsStore(options: RecordsStoreOptions): Promise<Store> {
  const store = new RecordsStore(options);
  try {
    await store.open();
  } catch (error) {
    await store.close();
    throw unavailable(error, "the records cannot be read");
  }
  return store;
}

const keyReadsAtOnce = 4;

class RecordsStore implements Store {
  readonly #options: RecordsStoreOptions;
  readonly #mirror: Mirror;
  readonly #follower: Follower;
  readonly #catchUp: CatchUp;
  readonly #writer: Writer;
  readonly #barrier: ReadBarrier;
  readonly #failures: FailureLog;
  /** The last write of each key that is under way. */
  readonly #writes = new Map<string, Promise<unknown>>();
  #background: (() => void)[] = [];
  #serial = 0;
  #keyReads = 0;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  constructor(options: RecordsStoreOptions) {
    this.#options = options;
    const { client, namespace, clock, random } = options;
    const onError = options.onError ?? (() => undefined);
    const mirror = new Mirror(() => clock.now().getTime());
    const shared = { client, namespace, clock, random, mirror, onError };
    this.#mirror = mirror;
    this.#follower = new Follower(shared);
    this.#catchUp = createCatchUp(mirror, this.#follower, clock);
    const writeId = (): string => this.#writeId();
    this.#writer = new Writer({ ...shared, catchUp: this.#catchUp, writeId });
    this.#failures = new FailureLog(onError);
    const onSilence = (): void => {
      this.#follower.restart();
    };
    this.#barrier = new ReadBarrier({ ...shared, catchUp: this.#catchUp, writeId, onSilence });
  }

  async open(): Promise<void> {
    const { clock, random, client, namespace } = this.#options;
    await this.#follower.load();
    if (!this.#mirror.hasAnchor) {
      await this.#createAnchor();
      await this.#follower.load();
    }
    this.#follower.start();
    const onError = this.#options.onError ?? (() => undefined);
    this.#background = [
      scheduleCompaction(this, clock, this.#options.retention ?? defaultRetention),
      removeOldTombstones({ client, namespace, clock, random, mirror: this.#mirror, onError }),
    ];
  }

  get isReachable(): boolean {
    return this.#follower.isReachable;
  }

  get latestRevision(): number {
    return this.#mirror.revision;
  }

  async get(key: string): Promise<StoredValue | undefined> {
    await this.currentRevision(key);
    const live = this.#mirror.live(key);
    return live === undefined ? undefined : { key, revision: live.revision, value: live.value };
  }

  async list(prefix: string): Promise<{ items: readonly StoredValue[]; revision: number }> {
    this.#checkOpen(prefix);
    await this.#pass();
    return { items: this.#mirror.values(prefix), revision: this.#mirror.revision };
  }

  create(key: string, value: Buffer): Promise<number> {
    return this.#inTurn(key, () => this.#create(key, value));
  }

  update(key: string, value: Buffer, expected: number): Promise<number> {
    return this.#inTurn(key, () => this.#replace(key, expected, { value, isDeleted: false }));
  }

  delete(key: string, expected: number, lastValue?: Buffer): Promise<number> {
    const change = { ...(lastValue === undefined ? {} : { value: lastValue }), isDeleted: true };
    return this.#inTurn(key, () => this.#replace(key, expected, change));
  }

  async watch(prefix: string, after: number, listener: StoreListener): Promise<StoreSubscription> {
    this.#checkOpen(prefix);
    return this.#mirror.subscribe(prefix, after, listener);
  }

  async currentRevision(key?: string): Promise<number> {
    this.#checkOpen(key ?? "");
    // Reading one record costs the host less than the barrier, but many at once share the barrier.
    if (key === undefined || this.#keyReads >= keyReadsAtOnce) await this.#pass();
    else await this.#readKey(key);
    return this.#mirror.revision;
  }

  async compact(revision: number): Promise<void> {
    this.#checkOpen("");
    this.#mirror.compact(revision);
  }

  async compactedRevision(): Promise<number> {
    this.#checkOpen("");
    return this.#mirror.floor;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#background) stop();
    await Promise.all(this.#writes.values());
    await this.#follower.stop();
    this.#mirror.close();
  }

  #checkOpen(key: string): void {
    if (this.#isClosed) throw new StorageError("Unavailable", key, "the store is closed");
  }

  #writeId(): string {
    this.#serial += 1;
    return `${this.#options.identity}-${this.#serial.toString(36)}`;
  }

  async #readKey(key: string): Promise<void> {
    this.#keyReads += 1;
    try {
      const exists = await this.#refresh(key);
      // Tombstones stay for long, so a missing record of a key that is alive here was removed by hand just now.
      if (!exists && this.#mirror.live(key) !== undefined) await this.#pass();
    } finally {
      this.#keyReads -= 1;
    }
  }

  #pass(): Promise<void> {
    return this.#failures.follow("read", this.#barrier.pass());
  }

  #refresh(key: string): Promise<boolean> {
    return this.#failures.follow("read", this.#writer.refresh(key));
  }

  #write(...write: Parameters<Writer["write"]>): Promise<number | undefined> {
    return this.#failures.follow("write", this.#writer.write(...write));
  }

  async #createAnchor(): Promise<void> {
    const { client, namespace } = this.#options;
    try {
      await client.create(recordResource, encodeMark(namespace, anchorName, this.#writeId()));
    } catch (error) {
      if (!isApiError(error, "AlreadyExists")) throw error;
    }
  }

  /** Writes of one key go one after the other: they would only refuse each other at the host. */
  async #inTurn(key: string, write: () => Promise<number>): Promise<number> {
    this.#checkOpen(key);
    const before = this.#writes.get(key);
    const turn = before === undefined ? write() : before.then(write);
    const settled = turn.catch(() => undefined);
    this.#writes.set(key, settled);
    try {
      return await turn;
    } finally {
      if (this.#writes.get(key) === settled) this.#writes.delete(key);
    }
  }

  async #create(key: string, value: Buffer): Promise<number> {
    for (let isFresh = false; ; isFresh = true) {
      const known = this.#mirror.record(key);
      if (known === undefined || known.isDeleted) {
        const revision = await this.#write({ key, value, isDeleted: false }, known);
        if (revision !== undefined) return revision;
      } else {
        // What is known here may have been deleted elsewhere.
        if (isFresh) throw new StorageError("KeyExists", key, `key ${key} exists`);
        await this.#refresh(key);
      }
    }
  }

  async #replace(
    key: string,
    expected: number,
    change: { readonly value?: Buffer; readonly isDeleted: boolean },
  ): Promise<number> {
    // The revision asked for may be one this process has not seen yet.
    if ((this.#mirror.record(key)?.revision ?? 0) < expected) await this.#refresh(key);
    const live = this.#mirror.live(key);
    if (live?.revision === expected) {
      const { value = live.value, isDeleted } = change;
      const revision = await this.#write({ key, value, isDeleted }, live);
      if (revision !== undefined) return revision;
    }
    const now = this.#mirror.live(key);
    const state = now === undefined ? "does not exist" : `is at revision ${now.revision}`;
    throw new StorageError("Conflict", key, `key ${key} ${state}, not at revision ${expected}`);
  }
}
