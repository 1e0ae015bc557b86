/**
 * The seam under the API server. A store keeps opaque values under ordered keys and one revision counter for all of
 * them. Revisions are safe positive integers that only grow; each committed change takes exactly one, and commit order
 * is visibility order: when a change with revision N is visible, by read or by watch, every smaller one is.
 *
 * Every implementation passes `testing/store-suite.ts`. Failures are StorageErrors.
 */
export interface Store {
  /** Linearizable read of one key. */
  get(key: string): Promise<StoredValue | undefined>;
  /**
   * All values whose key starts with the prefix, in key order (bytewise), as of one revision, the current one. They may
   * share memory: whoever keeps one for long copies it.
   */
  list(prefix: string): Promise<{ readonly items: readonly StoredValue[]; readonly revision: number }>;
  /** Fails with KeyExists. Resolves when the change is durable. */
  create(key: string, value: Buffer): Promise<number>;
  /** Fails with Conflict unless the key exists at exactly `expected`. Resolves when the change is durable. */
  update(key: string, value: Buffer, expected: number): Promise<number>;
  /**
   * Fails with Conflict unless the key exists at exactly `expected`. `lastValue` is the final state recorded in the
   * event. Resolves when the change is durable.
   */
  delete(key: string, expected: number, lastValue?: Buffer): Promise<number>;
  /**
   * Delivers every event with a revision greater than `after`, of keys with the prefix, in revision order, each once.
   * An event is delivered before the promise of the write that made it resolves. Fails with Compacted when history
   * that old is gone. Listeners must not throw and must return quickly.
   */
  watch(prefix: string, after: number, listener: StoreListener): Promise<StoreSubscription>;
  /**
   * The newest committed revision; a read that waits until it has seen this revision is linearizable. With a key that
   * need only hold for reads of this key, which some stores can tell for less.
   */
  currentRevision(key?: string): Promise<number>;
  /** False when this process has been cut off from what is stored for a while, for readiness; absent where that cannot happen. */
  readonly isReachable?: boolean;
  /** Forgets history up to and including the revision; watches may start at it or later. Values stay. */
  compact(revision: number): Promise<void>;
  /** The oldest revision a watch may start after. */
  compactedRevision(): Promise<number>;
  /** Writes a consistent copy to the path (a file); refuses when the implementation has none. */
  backup?(path: string): Promise<void>;
  /** Finishes pending writes, ends subscriptions. The store cannot be used afterwards. */
  close(): Promise<void>;
}

export interface StoredValue {
  readonly key: string;
  /** The revision of the last change of this key. */
  readonly revision: number;
  /** Not to be changed by anybody. */
  readonly value: Buffer;
}

export interface StoreEvent {
  readonly type: "create" | "update" | "delete";
  readonly key: string;
  readonly revision: number;
  /** For a delete, the last state. */
  readonly value: Buffer;
  /** The value before; absent for a create. */
  readonly previous?: StoredValue;
}

export interface StoreListener {
  event(event: StoreEvent): void;
  /** No more events will come; the store could not keep the promise of completeness or was closed. */
  closed(error?: StorageError): void;
}

export interface StoreSubscription {
  stop(): void;
}

export type StorageErrorKind =
  "KeyNotFound" | "KeyExists" | "Conflict" | "Compacted" | "Corrupt" | "TooLarge" | "Unavailable";

/** A failure of a store. The one translation to an ApiError is in `server/storage/translate.ts`. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly kind: StorageErrorKind;
  readonly key: string;

  constructor(kind: StorageErrorKind, key: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.key = key;
  }
}

export function isStorageError(error: unknown, kind?: StorageErrorKind): error is StorageError {
  return (
    error instanceof Error &&
    error.name === "StorageError" &&
    (kind === undefined || (error as { kind?: unknown }).kind === kind)
  );
}
