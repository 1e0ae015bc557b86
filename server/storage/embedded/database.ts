import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { isStorageError, StorageError } from "../store.ts";

/**
 * The only file that knows node:sqlite. Opens a database so that it belongs to this process alone and survives being
 * killed at any point, and says in words of the store what goes wrong with it.
 */

const schemaVersion = 1;
/** "HWSP", so that another program's database is not taken for a store. */
const applicationId = 0x48575350;

/** Result codes of SQLite. */
const resultCode = {
  ok: 0,
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
};

export interface OpenDatabaseOptions {
  readonly path: string;
  /** The file does not grow beyond this; writes then fail like on a full disk. */
  readonly maxBytes: number | undefined;
}

/** Opens or creates the database. Fails with Unavailable when another process has it, Corrupt when it is damaged. */
export function openDatabase({ path, maxBytes }: OpenDatabaseOptions): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // SQLite would create the file readable for everybody; it gives its own files the rights of this one.
    closeSync(openSync(path, "a", 0o600));
    database = new DatabaseSync(path);
    prepare(database, path, maxBytes);
    return database;
  } catch (error) {
    database?.close();
    throw databaseError(error, path);
  }
}

function prepare(database: DatabaseSync, path: string, maxBytes: number | undefined): void {
  // The exclusive lock is taken with the first transaction and held until the process ends, however it ends.
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = 8192; PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000; PRAGMA cache_size = -16384");
  database.exec("PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 67108864");
  if (maxBytes !== undefined) {
    database.exec(
      `PRAGMA max_page_count = ${Math.max(Math.floor(maxBytes / pragma(database, "page_size")), 16)}`,
    );
  }
  database.exec("BEGIN IMMEDIATE");
  const isNew = database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.["n"] === 0;
  if (isNew) create(database);
  else check(database, path);
  database.exec("COMMIT");
}

function create(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE kv (key TEXT PRIMARY KEY, rv INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE log (rv INTEGER PRIMARY KEY, key TEXT NOT NULL, type INTEGER NOT NULL, value BLOB NOT NULL,
                      prev_rv INTEGER, prev BLOB);
    CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO meta VALUES ('schema', ${schemaVersion}), ('revision', 1), ('floor', 1);
    PRAGMA application_id = ${applicationId};
  `);
}

function check(database: DatabaseSync, path: string): void {
  if (pragma(database, "application_id") !== applicationId) {
    throw new StorageError("Corrupt", path, `${path} is a database, but not one of this server`);
  }
  const damage = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
  if (damage !== "ok")
    throw new StorageError("Corrupt", path, `the store ${path} is damaged: ${String(damage)}`);
  const schema = readMeta(database, "schema");
  if (schema !== schemaVersion) {
    throw new StorageError(
      "Corrupt",
      path,
      `the store ${path} has format ${schema}, this server reads ${schemaVersion}`,
    );
  }
  const [revision, floor] = [readMeta(database, "revision"), readMeta(database, "floor")];
  const found = database
    .prepare("SELECT count(*) AS n, coalesce(max(rv), ?1) AS newest FROM log WHERE rv > ?1")
    .get(floor);
  if (found?.["n"] !== revision - floor || found["newest"] !== revision) {
    throw new StorageError(
      "Corrupt",
      path,
      `the store ${path} is damaged: its log has gaps after revision ${floor}`,
    );
  }
}

/** A number of the meta table. */
export function readMeta(database: DatabaseSync, name: "schema" | "revision" | "floor"): number {
  const value = database.prepare("SELECT value FROM meta WHERE name = ?").get(name)?.["value"];
  if (typeof value !== "number") throw new StorageError("Corrupt", "", `the store has no ${name}`);
  return value;
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}

/** Writes a consistent copy; the path has it completely or not at all. Writing goes on meanwhile. */
export async function copyDatabase(database: DatabaseSync, path: string): Promise<void> {
  const partial = `${path}.partial`;
  try {
    if (existsSync(path)) throw new StorageError("Unavailable", path, `the backup ${path} exists already`);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    await copyBetweenWrites(database, partial);
    syncPath(partial);
    renameSync(partial, path);
    syncPath(dirname(path));
  } catch (error) {
    rmSync(partial, { force: true });
    throw databaseError(error, path);
  }
}

/** How often a copy is begun anew; under a constant load of writes about one in ten beginnings fails. */
const attempts = 100;

/**
 * A copy cannot begin while a transaction of this connection is open. SQLite says busy then, but node:sqlite, which
 * waits when that happens later on, fails at the first step with an error that has no code.
 */
async function copyBetweenWrites(database: DatabaseSync, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    rmSync(path, { force: true });
    closeSync(openSync(path, "a", 0o600));
    try {
      await backup(database, path);
      return;
    } catch (error) {
      if (codeOf(error) !== resultCode.ok || attempt === attempts) throw error;
    }
  }
}

/** Returns when the file or folder is on the disk. */
export function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Whether what is in memory may differ from what is on disk after this failure, so nothing can be promised any more. */
export function isFatal(error: unknown): boolean {
  const code = codeOf(error);
  return code === resultCode.ioError || code === resultCode.corrupt || code === resultCode.notADatabase;
}

/** The failure in words of the store. */
export function databaseError(error: unknown, path: string): StorageError {
  if (isStorageError(error)) return error;
  const text = error instanceof Error ? error.message : String(error);
  switch (codeOf(error)) {
    case resultCode.busy:
    case resultCode.locked:
      return new StorageError("Unavailable", path, `the store ${path} is in use by another process`, error);
    case resultCode.full:
      return new StorageError("Unavailable", path, `no space is left for the store ${path}`, error);
    case resultCode.corrupt:
    case resultCode.notADatabase:
      return new StorageError("Corrupt", path, `the store ${path} is damaged: ${text}`, error);
    case resultCode.readOnly:
      return new StorageError("Unavailable", path, `the store ${path} cannot be written`, error);
    case resultCode.cannotOpen:
      return new StorageError("Unavailable", path, `the store ${path} cannot be opened`, error);
    default:
      return new StorageError("Unavailable", path, `the store ${path} failed: ${text}`, error);
  }
}

/** The primary result code; extended codes carry more in the higher bytes. */
function codeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}
