import type { JsonObject } from "../../../machinery/json/value.ts";
import type { Structural } from "../../../machinery/schema/structural.ts";

/**
 * One object as the watch cache holds it: the stored bytes plus what selectors need. Immutable. Encoded forms are made
 * on first use and kept with the object, as long as there is room for them, so that LIST and WATCH hand out bytes.
 */
export interface CachedObject {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The resourceVersion of this state. For a deleted object, the revision of the deletion. */
  readonly revision: number;
  readonly labels: ReadonlyMap<string, string>;
  /** The canonical JSON of the storage version, metadata.resourceVersion included. Not to be changed by anybody. */
  readonly json: Buffer;
  /** The schema of the storage version, when whoever wrote the object knew that reading it by that changes nothing. */
  readonly settledBy: Structural | undefined;
  /** A fresh, mutable copy in the storage version, with metadata.resourceVersion set. */
  decode(): JsonObject;
  /** The bytes of a form, e.g. `json/v1alpha2`; encoded on first use by the function, then kept. */
  bytes(form: string, encode: (object: CachedObject) => Buffer): Buffer;
  /** The bytes of a form that were kept. */
  kept(form: string): Buffer | undefined;
  /**
   * A derived value (selectable fields, table cells), computed on first use, then kept. `weigh` says about how many bytes
   * it takes, which without it is as many as the object does.
   */
  memo<T>(name: string, compute: (object: CachedObject) => T, weigh?: (value: T) => number): T;
}

export interface CacheEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly revision: number;
  /** For DELETED the last state, carrying the revision of the deletion. */
  readonly object: CachedObject;
  /** The state before; absent for ADDED. */
  readonly previous?: CachedObject;
}

export interface CacheList {
  /** In key order. */
  readonly items: readonly CachedObject[];
  readonly revision: number;
}

export interface CacheSubscription {
  /** Everything up to this revision was in the initial state or before the requested start. */
  readonly startRevision: number;
  stop(): void;
}

export interface CacheListener {
  /** Called in revision order, synchronously at commit; must be quick and must not throw. */
  event(event: CacheEvent): void;
  /** The cache lost its store or was closed; the watch ends and the client resumes elsewhere. */
  closed(): void;
}

/** What an update replaces, and what is known of what it stores. */
export interface ExpectedState {
  readonly replaced: CachedObject;
  /** As in CachedObject. */
  readonly settledBy: Structural | undefined;
}

/**
 * The watch cache of one resource. Reads are served from memory. Keys are `<namespace>/<name>` for namespaced and
 * `<name>` for cluster-scoped resources, so key order is namespace, then name, bytewise.
 */
export interface ResourceCache {
  /**
   * Linearizable: sees every write acknowledged before the call, anywhere; with a name, every write of that object.
   * Fails with a StorageError when it cannot.
   */
  current(namespace?: string, name?: string): Promise<number>;
  /** Resolves once the cache has seen the revision; rejects with `tooLargeResourceVersion` after the time limit (3 s). */
  waitFor(revision: number | bigint): Promise<void>;
  /** The newest revision seen by this cache, for bookmarks; of all resources, not only this one. */
  readonly revision: number;
  /** From memory, as of `revision`. */
  get(namespace: string, name: string): CachedObject | undefined;
  /** From memory, as of now; an empty namespace means all. */
  list(namespace: string): CacheList;
  /** The state at an older revision; undefined when it is no longer known. */
  listAt(namespace: string, revision: number): Promise<CacheList | undefined>;
  /**
   * Events after the revision. Fails with a Compacted StorageError when the history is gone. Past events are
   * delivered before the promise resolves, in order, then live ones; none is lost or repeated between.
   */
  subscribe(after: number, listener: CacheListener): Promise<CacheSubscription>;
  /** The current state and every event after it, without a gap; synchronous. */
  snapshotAndSubscribe(
    namespace: string,
    listener: CacheListener,
  ): { list: CacheList; subscription: CacheSubscription };

  /** `settledBy` as in CachedObject. */
  create(namespace: string, name: string, object: JsonObject, settledBy?: Structural): Promise<CachedObject>;
  /**
   * Fails with a Conflict StorageError unless the object is at the expected revision. Given the state itself, it writes
   * nothing and answers that state where the bytes to store are the stored ones, as kube-apiserver does.
   */
  update(
    namespace: string,
    name: string,
    object: JsonObject,
    expected: number | ExpectedState,
  ): Promise<CachedObject>;
  /** The object is the final state to record, its resourceVersion is filled with the deletion's. */
  delete(namespace: string, name: string, expected: number, last: JsonObject): Promise<CachedObject>;
}
