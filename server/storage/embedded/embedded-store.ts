import { Worker } from "node:worker_threads";
import type { Clock } from "../../../machinery/clock.ts";
import type { Retention } from "../compaction.ts";
import { defaultRetention, scheduleCompaction } from "../compaction.ts";
import type { Store, StoredValue, StoreEvent, StoreListener, StoreSubscription } from "../store.ts";
import { StorageError } from "../store.ts";
import { Subscriptions } from "../subscriptions.ts";
import type { Packed, Row, WorkerOptions, WorkerReply, WorkerRequest } from "./protocol.ts";
import { changeTypes, Packer, transferOf, unpack } from "./protocol.ts";
import { asError, eventOf, readEvent, readValue, refusal } from "./replies.ts";
import type { Write } from "./replies.ts";

/**
 * The durable store of one process: SQLite in a worker thread. Writes of one turn of the event loop travel together
 * and are committed together; their events are delivered, then their promises resolve. Since the worker answers in
 * order, this side knows the newest committed revision without asking.
 */

export interface EmbeddedStoreOptions {
  /** The database file. Its folder is made when missing; `-wal` stands beside it while the store is open. */
  readonly path: string;
  /** Runs compaction. */
  readonly clock: Clock;
  readonly retention?: Retention;
  /** Writes fail with Unavailable rather than letting the file grow beyond this. */
  readonly maxBytes?: number;
}

/**
 * Opens or creates the store. Fails with Unavailable when another process has it open or it cannot be written, and
 * with Corrupt when it is damaged.
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<Store> {
  const workerData: WorkerOptions = { path: options.path, maxBytes: options.maxBytes };
  // The same file is run as it is and, after a build, as JavaScript.
  const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
  const worker = new Worker(new URL(file, import.meta.url), { workerData, name: "store" });
  const store = new EmbeddedStore(worker);
  await store.opened(options);
  return store;
}

interface PendingWrite extends Write {
  readonly resolve: (revision: number) => void;
  readonly reject: (error: StorageError) => void;
}

interface PendingQuestion {
  /** Takes a part of the answer. */
  readonly rows: (rows: Packed, isLast: boolean) => void;
  readonly done: (number: number) => void;
  readonly reject: (error: StorageError) => void;
}

class EmbeddedStore implements Store {
  readonly #worker: Worker;
  readonly #subscriptions = new Subscriptions();
  readonly #queued = new Packer();
  /** Queued or on their way, oldest first. */
  #writes: PendingWrite[] = [];
  readonly #questions = new Map<number, PendingQuestion>();
  readonly #open = Promise.withResolvers<undefined>();
  #lastId = 0;
  #isFlushing = false;
  #revision = 0;
  #floor = 0;
  #unusable: StorageError | undefined;
  #closing: Promise<void> | undefined;
  #stopCompaction: () => void = () => undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", (reply: WorkerReply) => {
      this.#take(reply);
    });
    worker.on("error", (error) => {
      this.#break(new StorageError("Unavailable", "", `the storage thread failed: ${String(error)}`, error));
    });
    worker.on("exit", () => {
      this.#break(new StorageError("Unavailable", "", "the storage thread has ended"));
    });
  }

  /** Resolves when the worker has the database. */
  async opened(options: EmbeddedStoreOptions): Promise<void> {
    try {
      await this.#open.promise;
    } catch (error) {
      await this.#worker.terminate();
      throw error;
    }
    this.#stopCompaction = scheduleCompaction(this, options.clock, options.retention ?? defaultRetention);
  }

  get latestRevision(): number {
    return this.#revision;
  }

  async get(key: string): Promise<StoredValue | undefined> {
    const [found] = await this.#askRows((id) => ({ op: "get", id, key }), readValue);
    return found;
  }

  async list(prefix: string): Promise<{ items: readonly StoredValue[]; revision: number }> {
    let revision = 0;
    const items = await this.#askRows(
      (id) => ({ op: "list", id, prefix }),
      readValue,
      () => {
        revision = this.#revision;
      },
    );
    return { items, revision };
  }

  create(key: string, value: Buffer): Promise<number> {
    return this.#write("create", key, 0, value);
  }

  update(key: string, value: Buffer, expected: number): Promise<number> {
    return this.#write("update", key, expected, value);
  }

  delete(key: string, expected: number, lastValue?: Buffer): Promise<number> {
    return this.#write("delete", key, expected, lastValue);
  }

  async watch(prefix: string, after: number, listener: StoreListener): Promise<StoreSubscription> {
    this.#checkOpen(prefix);
    if (after >= this.#revision) return this.#subscriptions.add(prefix, after, listener);
    let subscription: StoreSubscription | undefined;
    // What was committed after the answer was made arrives after it, so joining here leaves no gap.
    await this.#ask<undefined>(
      (id) => ({ op: "log", id, prefix, after }),
      ({ resolve, reject }) => ({
        rows: (rows, isLast) => {
          for (const row of unpack(rows, 3, 2)) listener.event(readEvent(row));
          if (!isLast) return;
          subscription = this.#subscriptions.add(prefix, this.#revision, listener);
          resolve(undefined);
        },
        done: () => undefined,
        reject,
      }),
    );
    if (subscription === undefined) throw new StorageError("Unavailable", prefix, "the store is closed");
    return subscription;
  }

  async currentRevision(): Promise<number> {
    this.#checkOpen("");
    return this.#revision;
  }

  async compact(revision: number): Promise<void> {
    this.#floor = Math.max(this.#floor, await this.#askNumber((id) => ({ op: "compact", id, revision })));
  }

  async compactedRevision(): Promise<number> {
    this.#checkOpen("");
    return this.#floor;
  }

  async backup(path: string): Promise<void> {
    await this.#askNumber((id) => ({ op: "backup", id, path }));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopCompaction();
    if (this.#unusable === undefined) {
      const closed = this.#askNumber((id) => ({ op: "close", id }));
      this.#unusable = new StorageError("Unavailable", "", "the store is closed");
      await closed.catch(() => undefined);
    }
    this.#subscriptions.closeAll();
    await this.#worker.terminate();
  }

  #checkOpen(key: string): void {
    if (this.#unusable === undefined) return;
    throw new StorageError(this.#unusable.kind, key, this.#unusable.message, this.#unusable);
  }

  async #write(type: StoreEvent["type"], key: string, expected: number, value?: Buffer): Promise<number> {
    this.#checkOpen(key);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#queued.add(key, [changeTypes.indexOf(type), expected], [value]);
    this.#writes.push({ type, key, value, resolve, reject });
    if (!this.#isFlushing) {
      this.#isFlushing = true;
      setImmediate(() => {
        this.#flush();
      });
    }
    return promise;
  }

  /** Sends the writes of this turn; also before any question, to keep the order of calls. */
  #flush(): void {
    if (!this.#isFlushing) return;
    this.#isFlushing = false;
    const writes = this.#queued.pack();
    if (writes.keys.length > 0) this.#send({ op: "write", writes }, transferOf(writes));
  }

  #send(request: WorkerRequest, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(request, transfer);
  }

  async #ask<T>(
    request: (id: number) => WorkerRequest,
    question: (promise: PromiseWithResolvers<T>) => PendingQuestion,
  ): Promise<T> {
    this.#checkOpen("");
    this.#flush();
    const id = ++this.#lastId;
    const resolvers = Promise.withResolvers<T>();
    this.#questions.set(id, question(resolvers));
    this.#send(request(id));
    return resolvers.promise;
  }

  #askNumber(request: (id: number) => WorkerRequest): Promise<number> {
    return this.#ask<number>(request, ({ resolve, reject }) => ({
      rows: () => undefined,
      done: resolve,
      reject,
    }));
  }

  #askRows<T>(
    request: (id: number) => WorkerRequest,
    read: (row: Row) => T,
    onLast?: () => void,
  ): Promise<T[]> {
    return this.#ask<T[]>(request, ({ resolve, reject }) => {
      const all: T[] = [];
      return {
        rows: (rows, isLast) => {
          for (const row of unpack(rows, 1, 1)) all.push(read(row));
          if (!isLast) return;
          onLast?.();
          resolve(all);
        },
        done: () => undefined,
        reject,
      };
    });
  }

  #take(reply: WorkerReply): void {
    switch (reply.op) {
      case "open":
        this.#revision = reply.revision;
        this.#floor = reply.floor;
        this.#open.resolve(undefined);
        return;
      case "committed":
        this.#committed(reply.outcomes);
        return;
      case "uncommitted": {
        const error = asError(reply.error);
        for (const write of this.#writes.splice(0, reply.count)) write.reject(error);
        return;
      }
      case "rows":
        this.#questions.get(reply.id)?.rows(reply.rows, reply.isLast);
        if (reply.isLast) this.#questions.delete(reply.id);
        return;
      case "done":
        this.#questions.get(reply.id)?.done(reply.number);
        this.#questions.delete(reply.id);
        return;
      case "failed":
        this.#questions.get(reply.id)?.reject(asError(reply.error));
        this.#questions.delete(reply.id);
        return;
      case "broken":
        this.#break(asError(reply.error));
        return;
    }
  }

  #committed(outcomes: Packed): void {
    const writes = this.#writes.splice(0, outcomes.keys.length);
    const settle: (() => void)[] = [];
    let i = 0;
    for (const { numbers, blobs } of unpack(outcomes, 2, 1)) {
      const write = writes[i++];
      const [result = 0, previousRevision = 0] = numbers;
      if (write === undefined) continue;
      if (result < 0) {
        settle.push(() => {
          write.reject(refusal(write.key, result, previousRevision));
        });
        continue;
      }
      this.#revision = result;
      this.#subscriptions.publish(eventOf(write, result, previousRevision, blobs[0]));
      settle.push(() => {
        write.resolve(result);
      });
    }
    // Only now: whoever awaits one of these writes finds the events of all of them delivered.
    for (const each of settle) each();
  }

  #break(error: StorageError): void {
    if (this.#unusable !== undefined && this.#closing === undefined) return;
    const isClosing = this.#closing !== undefined;
    this.#unusable ??= error;
    this.#stopCompaction();
    this.#open.reject(error);
    for (const write of this.#writes.splice(0)) write.reject(error);
    for (const question of this.#questions.values()) question.reject(error);
    this.#questions.clear();
    if (!isClosing) this.#subscriptions.closeAll(error);
  }
}
