import type { DatabaseSync } from "node:sqlite";
import type { MessagePort } from "node:worker_threads";
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { copyDatabase, databaseError, isFatal, openDatabase } from "./database.ts";
import type { PlainError, Row, WorkerOptions, WorkerReply, WorkerRequest } from "./protocol.ts";
import { Packer, transferOf, unpack } from "./protocol.ts";
import { Tables } from "./tables.ts";

/**
 * The thread that owns the database. It takes everything that has arrived, commits all writes of it in one transaction
 * (one fsync), answers, and starts over: the busier the server, the larger the groups.
 */
class StoreWorker {
  readonly #port: MessagePort;
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #tables: Tables;
  #isCompacting = false;
  #isClosed = false;

  constructor(port: MessagePort, options: WorkerOptions) {
    this.#port = port;
    this.#path = options.path;
    this.#database = openDatabase(options);
    this.#tables = new Tables(this.#database);
    this.#reply({ op: "open", revision: this.#tables.revision, floor: this.#tables.floor });
    this.#compactFurther();
  }

  take(first: WorkerRequest): void {
    const writes: Row[] = [];
    let next: WorkerRequest | undefined = first;
    while (next !== undefined) {
      if (next.op === "write") {
        for (const row of unpack(next.writes, 2, 1)) writes.push(row);
      } else {
        this.#commit(writes.splice(0));
        this.#answer(next);
      }
      next = (receiveMessageOnPort(this.#port) as { message: WorkerRequest } | undefined)?.message;
    }
    this.#commit(writes);
  }

  #commit(writes: readonly Row[]): void {
    if (writes.length === 0) return;
    try {
      const outcomes = new Packer();
      for (const { result, previousRevision, previous } of this.#tables.commit(writes)) {
        outcomes.add("", [result, previousRevision], [previous]);
      }
      const packed = outcomes.pack();
      this.#port.postMessage({ op: "committed", outcomes: packed } satisfies WorkerReply, transferOf(packed));
    } catch (error) {
      this.#reply({ op: "uncommitted", count: writes.length, error: this.#plain(error) });
      this.#giveUpIfFatal(error);
    }
  }

  #answer(request: Exclude<WorkerRequest, { op: "write" }>): void {
    try {
      switch (request.op) {
        case "get": {
          const found = this.#tables.get(request.key);
          const row = { key: request.key, numbers: [found?.rv ?? 0], blobs: [found?.value] };
          this.#sendRows(request.id, found === undefined ? [] : [row]);
          return;
        }
        case "list":
          this.#sendRows(request.id, this.#listed(request.prefix));
          return;
        case "log":
          this.#sendRows(request.id, this.#logged(request.prefix, request.after));
          return;
        case "compact":
          this.#tables.compact(request.revision);
          this.#reply({ op: "done", id: request.id, number: this.#tables.floor });
          this.#compactFurther();
          return;
        case "backup":
          this.#backUp(request.id, request.path);
          return;
        case "close":
          this.#close(request.id);
          return;
      }
    } catch (error) {
      this.#reply({ op: "failed", id: request.id, error: this.#plain(error) });
      this.#giveUpIfFatal(error);
    }
  }

  *#listed(prefix: string): Generator<RowToSend> {
    for (const { key, rv, value } of this.#tables.list(prefix)) yield { key, numbers: [rv], blobs: [value] };
  }

  *#logged(prefix: string, after: number): Generator<RowToSend> {
    for (const { key, rv, type, value, prev_rv, prev } of this.#tables.log(prefix, after)) {
      yield { key, numbers: [rv, type, prev_rv ?? 0], blobs: [value, prev ?? undefined] };
    }
  }

  /** Large answers go in parts, all in one turn: nothing is committed in between. */
  #sendRows(id: number, rows: Iterable<RowToSend>): void {
    const part = new Packer();
    const send = (isLast: boolean): void => {
      const packed = part.pack();
      this.#port.postMessage(
        { op: "rows", id, rows: packed, isLast } satisfies WorkerReply,
        transferOf(packed),
      );
    };
    for (const { key, numbers, blobs } of rows) {
      part.add(key, numbers, blobs);
      if (part.size >= partBytes) send(false);
    }
    send(true);
  }

  #backUp(id: number, path: string): void {
    copyDatabase(this.#database, path).then(
      () => {
        this.#reply({ op: "done", id, number: 0 });
      },
      (error: unknown) => {
        this.#reply({ op: "failed", id, error: this.#plain(error) });
      },
    );
  }

  #compactFurther(): void {
    if (this.#isCompacting) return;
    this.#isCompacting = true;
    const step = (): void => {
      this.#isCompacting = false;
      if (this.#isClosed) return;
      try {
        if (!this.#tables.compactStep()) return;
      } catch (error) {
        // The floor has moved already; the rows go when the store is compacted or opened again.
        this.#giveUpIfFatal(error);
        return;
      }
      this.#isCompacting = true;
      setImmediate(step);
    };
    setImmediate(step);
  }

  #close(id: number): void {
    this.#isClosed = true;
    this.#database.close();
    this.#reply({ op: "done", id, number: 0 });
    this.#port.close();
  }

  /** After a failed fsync nobody knows what is on disk. Only opening it anew tells. */
  #giveUpIfFatal(error: unknown): void {
    if (!isFatal(error)) return;
    this.#isClosed = true;
    this.#reply({ op: "broken", error: this.#plain(error) });
    this.#port.close();
  }

  #reply(reply: WorkerReply): void {
    this.#port.postMessage(reply);
  }

  #plain(error: unknown): PlainError {
    const { kind, key, message } = databaseError(error, this.#path);
    return { kind, key, message };
  }
}

interface RowToSend {
  readonly key: string;
  readonly numbers: readonly number[];
  readonly blobs: readonly (Uint8Array | undefined)[];
}

const partBytes = 4 * 1024 * 1024;

/** Runs the thread until the store is closed. */
function run(port: MessagePort, options: WorkerOptions): void {
  try {
    const worker = new StoreWorker(port, options);
    port.on("message", (request: WorkerRequest) => {
      worker.take(request);
    });
  } catch (error) {
    const { kind, key, message } = databaseError(error, options.path);
    port.postMessage({ op: "broken", error: { kind, key, message } } satisfies WorkerReply);
  }
}

if (parentPort !== null) run(parentPort, workerData as WorkerOptions);
