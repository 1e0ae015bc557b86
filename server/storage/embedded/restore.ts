import { copyFileSync, existsSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { databaseError, openDatabase, readMeta, syncPath } from "./database.ts";
import { StorageError } from "../store.ts";

/**
 * How far the counter jumps at a restore. The lost server may have handed out this many revisions after the backup
 * was taken; none of them may be handed out again for something else.
 */
const jump = 1_000_000_000;

/**
 * Makes a store from a backup. Its revisions continue far beyond all the lost server can have used, and its history is
 * empty, so that clients with a revision from after the backup are told to list anew. `to` must not exist. Returns the
 * revision the store starts with.
 */
export function restoreBackup(from: string, to: string): number {
  if (existsSync(to)) throw new StorageError("Unavailable", to, `the store ${to} exists already`);
  const partial = `${to}.partial`;
  try {
    rmSync(partial, { force: true });
    copyFileSync(from, partial);
    const database = openDatabase({ path: partial, maxBytes: undefined });
    const revision = readMeta(database, "revision") + jump;
    database.exec("BEGIN IMMEDIATE; DELETE FROM log");
    database.prepare("UPDATE meta SET value = ? WHERE name IN ('revision', 'floor')").run(revision);
    database.exec("COMMIT");
    // Closing moves everything from the write-ahead log into the file.
    database.close();
    syncPath(partial);
    renameSync(partial, to);
    syncPath(dirname(to));
    return revision;
  } catch (error) {
    for (const end of ["", "-wal", "-shm"]) rmSync(partial + end, { force: true });
    const failure = databaseError(error, from);
    // The copy is gone; what is wrong with it is wrong with the backup.
    throw new StorageError(failure.kind, from, failure.message.replaceAll(partial, from), failure);
  }
}
