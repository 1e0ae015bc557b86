import type { DatabaseSync, StatementSync } from "node:sqlite";
import { prefixEnd } from "../key-order.ts";
import { StorageError } from "../store.ts";
import { readMeta } from "./database.ts";
import type { Row } from "./protocol.ts";
import { changeTypes, outcome } from "./protocol.ts";

/** What became of a write: a revision, or a negative `outcome`. */
export interface WriteOutcome {
  readonly result: number;
  /** The state before, or for a Conflict the revision found; 0 is none. */
  readonly previousRevision: number;
  readonly previous: Uint8Array | undefined;
}

interface Found {
  readonly rv: number;
  readonly value: Uint8Array;
}

const [create, update, remove] = [
  changeTypes.indexOf("create"),
  changeTypes.indexOf("update"),
  changeTypes.indexOf("delete"),
];
/** A blob sorts after every text: the end of a range without end. */
const noEnd = new Uint8Array(0);
/** Small enough that writers hardly notice a compaction. */
const compactionStep = 500;

/** The tables of the store: values, log and counters, always changed together in one transaction. */
export class Tables {
  readonly #database: DatabaseSync;
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #replace: StatementSync;
  readonly #remove: StatementSync;
  readonly #append: StatementSync;
  readonly #count: StatementSync;
  #revision: number;
  #floor: number;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#find = database.prepare("SELECT rv, value FROM kv WHERE key = ?");
    this.#insert = database.prepare("INSERT INTO kv (key, rv, value) VALUES (?, ?, ?)");
    this.#replace = database.prepare("UPDATE kv SET rv = ?2, value = ?3 WHERE key = ?1");
    this.#remove = database.prepare("DELETE FROM kv WHERE key = ?");
    this.#append = database.prepare(
      "INSERT INTO log (rv, key, type, value, prev_rv, prev) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#count = database.prepare("UPDATE meta SET value = ? WHERE name = 'revision'");
    this.#revision = readMeta(database, "revision");
    this.#floor = readMeta(database, "floor");
  }

  get revision(): number {
    return this.#revision;
  }

  get floor(): number {
    return this.#floor;
  }

  /** All in one transaction, durable on return; throws having changed nothing. Rows are type, expected and value. */
  commit(writes: Iterable<Row>): WriteOutcome[] {
    let revision = this.#revision;
    const outcomes = this.#inTransaction(() => {
      const all: WriteOutcome[] = [];
      for (const write of writes) {
        const made = this.#write(write, revision + 1);
        if (made.result > 0) revision = made.result;
        all.push(made);
      }
      if (revision > this.#revision) this.#count.run(revision);
      return all;
    });
    this.#revision = revision;
    return outcomes;
  }

  get(key: string): Found | undefined {
    return this.#find.get(key) as Found | undefined;
  }

  *list(prefix: string): Generator<Found & { readonly key: string }> {
    const rows = this.#database
      .prepare("SELECT key, rv, value FROM kv WHERE key >= ? AND key < ? ORDER BY key")
      .iterate(prefix, prefixEnd(prefix) ?? noEnd);
    for (const row of rows) yield row as unknown as Found & { readonly key: string };
  }

  *log(prefix: string, after: number): Generator<LogRow> {
    if (after < this.#floor) {
      throw new StorageError(
        "Compacted",
        prefix,
        `revision ${after} is compacted, the oldest is ${this.#floor}`,
      );
    }
    const rows = this.#database
      .prepare("SELECT * FROM log WHERE rv > ? AND key >= ? AND key < ? ORDER BY rv")
      .iterate(after, prefix, prefixEnd(prefix) ?? noEnd);
    for (const row of rows) yield row as unknown as LogRow;
  }

  /** Moves the floor; the rows below go in steps, see `compactStep`. */
  compact(revision: number): void {
    const floor = Math.min(revision, this.#revision);
    if (floor <= this.#floor) return;
    this.#inTransaction(() =>
      this.#database.prepare("UPDATE meta SET value = ? WHERE name = 'floor'").run(floor),
    );
    this.#floor = floor;
  }

  /** Removes some rows below the floor; false when none are left. */
  compactStep(): boolean {
    const { changes } = this.#inTransaction(() =>
      this.#database
        .prepare("DELETE FROM log WHERE rv <= ?1 AND rv < (SELECT min(rv) FROM log) + ?2")
        .run(this.#floor, compactionStep),
    );
    return Number(changes) > 0;
  }

  #write({ key, numbers: [type, expected], blobs: [value] }: Row, revision: number): WriteOutcome {
    const found = this.get(key);
    const foundRevision = found?.rv ?? 0;
    if (type === create && found !== undefined) return refused(outcome.keyExists, foundRevision);
    if (type !== create && (found === undefined || foundRevision !== expected))
      return refused(outcome.conflict, foundRevision);
    const state = value ?? found?.value ?? noEnd;
    if (type === create) this.#insert.run(key, revision, state);
    else if (type === update) this.#replace.run(key, revision, state);
    else this.#remove.run(key);
    this.#append.run(revision, key, type ?? remove, state, found?.rv ?? null, found?.value ?? null);
    return { result: revision, previousRevision: foundRevision, previous: found?.value };
  }

  #inTransaction<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      // A full disk may have rolled it back already.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

interface LogRow {
  readonly rv: number;
  readonly key: string;
  readonly type: number;
  readonly value: Uint8Array;
  readonly prev_rv: number | null;
  readonly prev: Uint8Array | null;
}

const refused = (result: number, previousRevision: number): WriteOutcome => ({
  result,
  previousRevision,
  previous: undefined,
});
