import type { KubeObject } from "../../../api/meta/types.ts";
import { compareUtf8 } from "../../../machinery/json/encode.ts";
import type { StoredValue, StoreEvent, StoreListener, StoreSubscription } from "../store.ts";
import { StorageError } from "../store.ts";
import { Subscriptions } from "../subscriptions.ts";
import { anchorName, decodeRecord, isMark, revisionOf } from "./record.ts";
import type { RecordState } from "./record.ts";

/**
 * What this process knows of the records: the state, the recent changes, and how far in the host's history it has
 * seen everything. Fed by the follower only, in the host's order, so commit order is visibility order. Two counters:
 * `seen` is the host's newest resourceVersion up to which no record is unknown; `revision` is the newest change of a
 * key, the same number in every replica that has seen the same records.
 */

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
  readonly reject: (error: StorageError) => void;
}

/** A write of this process that may come back as a record. */
export interface ExpectedWrite {
  readonly value: Buffer;
  /** Called when the write is known to have taken effect, after its event was delivered. */
  readonly committed: (revision: number) => void;
}

/** A tombstone, and since when it is known here. */
export interface Tombstone {
  readonly record: RecordState;
  readonly since: number;
}

/** Of the values in the recent changes; more than the caches above keep of one resource. */
const defaultMaxLogBytes = 256 * 1024 * 1024;

export class Mirror {
  readonly #live = new Map<string, RecordState>();
  readonly #deleted = new Map<string, Tombstone>();
  readonly #expected = new Map<string, ExpectedWrite>();
  readonly #waiters = new Set<Waiter>();
  readonly #subscriptions = new Subscriptions();
  readonly #now: () => number;
  readonly #maxLogBytes: number;
  #log: StoreEvent[] = [];
  #logBytes = 0;
  #floor = 0;
  #revision = 0;
  #seen = 0;
  #isLoaded = false;
  #hasAnchor = false;
  #gaps = 0;

  constructor(now: () => number, maxLogBytes = defaultMaxLogBytes) {
    this.#now = now;
    this.#maxLogBytes = maxLogBytes;
  }

  get seen(): number {
    return this.#seen;
  }

  get revision(): number {
    return this.#revision;
  }

  get floor(): number {
    return this.#floor;
  }

  /** How often history was lost; a write that spans a loss cannot tell its outcome from what it has seen. */
  get gaps(): number {
    return this.#gaps;
  }

  get hasAnchor(): boolean {
    return this.#hasAnchor;
  }

  /** Records in the host, marks aside. */
  get size(): number {
    return this.#live.size + this.#deleted.size;
  }

  /** The live record of a key. */
  live(key: string): RecordState | undefined {
    return this.#live.get(key);
  }

  /** The record of a key, a tombstone too. */
  record(key: string): RecordState | undefined {
    return this.#live.get(key) ?? this.#deleted.get(key)?.record;
  }

  tombstones(): readonly Tombstone[] {
    return [...this.#deleted.values()];
  }

  values(prefix: string): readonly StoredValue[] {
    const found: StoredValue[] = [];
    for (const record of this.#live.values()) if (record.key.startsWith(prefix)) found.push(storedOf(record));
    return found.sort((a, b) => compareUtf8(a.key, b.key));
  }

  /** Past events, then live ones; throws Compacted. */
  subscribe(prefix: string, after: number, listener: StoreListener): StoreSubscription {
    if (after < this.#floor) {
      const why = `revision ${after} is compacted, the oldest is ${this.#floor}`;
      throw new StorageError("Compacted", prefix, why);
    }
    for (let i = this.#positionAfter(after); i < this.#log.length; i++) {
      const event = this.#log[i];
      if (event?.key.startsWith(prefix) === true) listener.event(event);
    }
    return this.#subscriptions.add(prefix, Math.max(after, this.#revision), listener);
  }

  compact(revision: number): void {
    const floor = Math.min(revision, this.#revision);
    if (floor <= this.#floor) return;
    this.#log = this.#log.slice(this.#positionAfter(floor));
    this.#logBytes = this.#log.reduce((sum, { value }) => sum + value.length, 0);
    this.#floor = floor;
  }

  /** Tells when the write comes back; the returned function forgets it. */
  expect(write: string, expected: ExpectedWrite): () => void {
    this.#expected.set(write, expected);
    return () => void this.#expected.delete(write);
  }

  /** Calls `resolve` once everything up to the revision has been seen; the returned function gives up waiting. */
  whenSeen(revision: number, waiter: Omit<Waiter, "revision">): () => void {
    if (revision <= this.#seen) {
      waiter.resolve();
      return () => undefined;
    }
    const entry: Waiter = { ...waiter, revision };
    this.#waiters.add(entry);
    return () => void this.#waiters.delete(entry);
  }

  /** A record as the host's watch told it. */
  changed(object: KubeObject): void {
    const record = this.#decode(object);
    if (record !== undefined) this.#apply(record);
    else if (object.metadata.name === anchorName) this.#hasAnchor = true;
    this.progress(revisionOf(object));
  }

  /** The host removed a record: a tombstone in due time, or a live one by somebody's hand. */
  removed(object: KubeObject): void {
    const revision = revisionOf(object);
    if (!isMark(object.metadata.name ?? "")) {
      const record = decodeRecord(object, () => Buffer.alloc(0));
      const key = record?.key ?? "";
      const previous = this.#live.get(key);
      this.#deleted.delete(key);
      if (previous !== undefined) {
        this.#live.delete(key);
        this.#publish({ type: "delete", key, revision, value: previous.value, previous: storedOf(previous) });
      }
    }
    this.progress(revision);
  }

  /** The host says that there is no record of this key: what is left of it here may hinder a new one. */
  forgetTombstone(key: string): void {
    this.#deleted.delete(key);
  }

  /** Nothing of the records is unknown up to this resourceVersion. */
  progress(revision: number): void {
    if (revision <= this.#seen) return;
    this.#seen = revision;
    for (const waiter of this.#waiters) {
      if (waiter.revision > revision) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  /**
   * The complete state at a resourceVersion, after a start or after the host no longer had what followed. When every
   * difference is provably one change, those changes are delivered as if the watch had told them. Otherwise history is
   * lost: the subscriptions end and the floor rises.
   */
  replace(objects: readonly KubeObject[], revision: number): void {
    const records: RecordState[] = [];
    let newest = 0;
    for (const object of objects) {
      const record = this.#decode(object);
      if (record !== undefined) records.push(record);
      else if (object.metadata.name !== anchorName) continue;
      else this.#hasAnchor = true;
      newest = Math.max(newest, revisionOf(object));
    }
    const changes = this.#isLoaded ? this.#changes(records) : undefined;
    if (changes === undefined) this.#reset(records, newest);
    else for (const record of changes) this.#apply(record);
    this.progress(revision);
  }

  /** Ends the subscriptions: their completeness can no longer be promised. */
  interrupt(error: StorageError): void {
    this.#subscriptions.closeAll(error);
  }

  /** Ends everything; without an error the store was closed in order. */
  close(error?: StorageError): void {
    this.#subscriptions.closeAll(error);
    const why = error ?? new StorageError("Unavailable", "", "the store is closed");
    for (const waiter of this.#waiters) waiter.reject(why);
    this.#waiters.clear();
  }

  #decode(object: KubeObject): RecordState | undefined {
    return decodeRecord(object, (write) => this.#expected.get(write)?.value);
  }

  #apply(record: RecordState): void {
    const { key, revision, value } = record;
    const known = this.record(key);
    if (known !== undefined && known.revision >= revision) return;
    const previous = this.#live.get(key);
    const before = previous === undefined ? {} : { previous: storedOf(previous) };
    this.#keep(record);
    if (!record.isDeleted) {
      this.#publish({ type: previous === undefined ? "create" : "update", key, revision, value, ...before });
    } else if (previous !== undefined) {
      this.#publish({ type: "delete", key, revision, value, ...before });
    }
    this.#tell(record);
  }

  #keep(record: RecordState): void {
    if (record.isDeleted) {
      this.#live.delete(record.key);
      // Events keep the last value; here it would only stay in memory.
      this.#deleted.set(record.key, { record: { ...record, value: Buffer.alloc(0) }, since: this.#now() });
    } else {
      this.#deleted.delete(record.key);
      this.#live.set(record.key, record);
    }
  }

  #publish(event: StoreEvent): void {
    this.#log.push(event);
    this.#logBytes += event.value.length;
    this.#revision = event.revision;
    this.#subscriptions.publish(event);
    if (this.#logBytes > this.#maxLogBytes) this.#forgetOldest();
  }

  /** Many large changes in a short time must not fill the memory, so the older half of them goes before its age. */
  #forgetOldest(): void {
    let bytes = this.#logBytes;
    for (const { revision, value } of this.#log) {
      bytes -= value.length;
      if (bytes > this.#maxLogBytes / 2) continue;
      this.compact(revision);
      return;
    }
  }

  #tell(record: RecordState): void {
    const expected = this.#expected.get(record.write);
    if (expected === undefined) return;
    this.#expected.delete(record.write);
    expected.committed(record.revision);
  }

  /** What happened since, oldest first; undefined when it cannot be told completely. */
  #changes(records: readonly RecordState[]): readonly RecordState[] | undefined {
    const listed = new Set<string>();
    const changes: RecordState[] = [];
    for (const record of records) {
      listed.add(record.key);
      const known = this.record(record.key);
      if (known?.revision === record.revision) continue;
      if (!isNextChange(known, record)) return undefined;
      changes.push(record);
    }
    for (const key of this.#live.keys()) if (!listed.has(key)) return undefined;
    for (const key of this.#deleted.keys()) if (!listed.has(key)) this.#deleted.delete(key);
    return changes.sort((a, b) => a.revision - b.revision);
  }

  #reset(records: readonly RecordState[], newest: number): void {
    this.#live.clear();
    this.#deleted.clear();
    for (const record of records) this.#keep(record);
    this.#log = [];
    this.#logBytes = 0;
    this.#revision = Math.max(this.#revision, newest);
    this.#floor = this.#revision;
    if (this.#isLoaded) {
      this.#gaps += 1;
      const why = "the host no longer has the changes since the connection to it was lost";
      this.#subscriptions.closeAll(new StorageError("Unavailable", "", why));
    }
    // Without the anchor there is no first revision yet.
    this.#isLoaded = this.#hasAnchor;
    for (const record of records) this.#tell(record);
  }

  /** The index of the first event after the revision. */
  #positionAfter(revision: number): number {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Whether exactly one write lies between the two states. */
function isNextChange(known: RecordState | undefined, record: RecordState): boolean {
  // The same generation at another revision: somebody touched the metadata of the record, the value is the same.
  if (known?.uid === record.uid) return record.generation <= known.generation + 1;
  // Removing a tombstone is no change; removing a live record by hand is one nobody told us about.
  return (known === undefined || known.isDeleted) && record.generation === 1 && !record.isDeleted;
}

const storedOf = ({ key, revision, value }: RecordState): StoredValue => ({ key, revision, value });
