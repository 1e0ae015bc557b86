import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { fakeClock } from "../../../machinery/clock.ts";
import { openEmbeddedStore } from "../../../server/storage/embedded/embedded-store.ts";
import { restoreBackup } from "../../../server/storage/embedded/restore.ts";
import type { Store } from "../../../server/storage/store.ts";

const folder = mkdtempSync(join(tmpdir(), "store-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
let count = 0;
const newPath = (): string => join(folder, `${++count}.db`);

async function open(path: string, maxBytes?: number): Promise<Store> {
  const store = await openEmbeddedStore({
    path,
    clock: fakeClock(),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  onTestFinished(() => store.close());
  return store;
}

async function filled(path: string, values = 100): Promise<void> {
  const store = await open(path);
  await Promise.all(Array.from({ length: values }, (_, i) => store.create(`/${i}`, Buffer.alloc(3000, i))));
  await store.close();
}

test("a store is opened by one process at a time", async () => {
  const path = newPath();
  const store = await open(path);
  await expect(open(path)).rejects.toMatchObject({
    kind: "Unavailable",
    message: `the store ${path} is in use by another process`,
  });
  await store.close();
  await open(path);
});

test("another process is refused, and a killed one leaves no lock behind", async () => {
  const path = newPath();
  const writer = fileURLToPath(new URL("../../../hack/crash/writer.ts", import.meta.url));
  const child = spawn(process.execPath, [writer, path, `${path}.journal`, "1", "1"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  await new Promise<void>((resolve) =>
    child.stdout.on("data", () => {
      resolve();
    }),
  );
  await expect(open(path)).rejects.toMatchObject({ kind: "Unavailable" });
  child.kill("SIGKILL");
  await ended;
  const store = await open(path);
  expect(await store.currentRevision()).toBeGreaterThanOrEqual(1);
});

test("only the owner may read the files", async () => {
  const path = newPath();
  const store = await open(path);
  await store.create("/a", Buffer.from("secret"));
  expect([path, `${path}-wal`].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
});

test.each<{ says: string; damage: (path: string) => void; message: RegExp }>([
  { says: "that is no database", damage: (p) => { writeFileSync(p, "x".repeat(10_000)); }, message: /is damaged/ }, // prettier-ignore
  { says: "cut in half", damage: (p) => { truncateSync(p, Math.floor(statSync(p).size / 2)); }, message: /is damaged/ }, // prettier-ignore
  {
    says: "with pages overwritten",
    damage: (path) => {
      const bytes = readFileSync(path);
      bytes.fill(0xa5, 3 * 8192, 20 * 8192);
      writeFileSync(path, bytes);
    },
    message: /is damaged/,
  },
  { says: "with a row of its log missing", damage: (p) => { run(p, "DELETE FROM log WHERE rv = 50"); }, message: /log has gaps after revision 1/ }, // prettier-ignore
  { says: "whose counter went back", damage: (p) => { run(p, "UPDATE meta SET value = 60 WHERE name = 'revision'"); }, message: /log has gaps/ }, // prettier-ignore
  { says: "of a later format", damage: (p) => { run(p, "UPDATE meta SET value = 9 WHERE name = 'schema'"); }, message: /has format 9, this server reads 1/ }, // prettier-ignore
  { says: "of another program", damage: (p) => { run(p, "PRAGMA application_id = 7"); }, message: /not one of this server/ }, // prettier-ignore
])("a file $says is reported as corrupt", async ({ damage, message }) => {
  const path = newPath();
  await filled(path);
  damage(path);
  await expect(open(path)).rejects.toMatchObject({
    kind: "Corrupt",
    message: expect.stringMatching(message) as string,
  });
});

function run(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

test("a log file torn by a power cut loses only what was never finished", async () => {
  const path = newPath();
  const store = await open(path);
  await store.create("/a", Buffer.from("1"));
  const wal = readFileSync(`${path}-wal`);
  const file = readFileSync(path);
  const torn = newPath();
  writeFileSync(torn, file);
  writeFileSync(`${torn}-wal`, Buffer.concat([wal, wal.subarray(32, 3000)]));
  const again = await open(torn);
  expect((await again.get("/a"))?.value.toString()).toBe("1");
  expect(await again.currentRevision()).toBe(2);
});

test("without space writes fail as a whole, reads go on, and space that is freed is used again", async () => {
  const path = newPath();
  const store = await open(path, 2 * 1024 * 1024);
  const made: number[] = [];
  const failures: unknown[] = [];
  for (let wave = 0; wave < 40; wave++) {
    const group = Array.from({ length: 10 }, (_, i) => store.create(`/${wave}-${i}`, Buffer.alloc(8_000, 1)));
    for (const result of await Promise.allSettled(group)) {
      if (result.status === "fulfilled") made.push(result.value);
      else failures.push(result.reason);
    }
  }
  expect(failures.length).toBeGreaterThan(0);
  expect(failures[0]).toMatchObject({
    kind: "Unavailable",
    message: `no space is left for the store ${path}`,
  });
  expect(await store.currentRevision()).toBe(1 + made.length);
  expect((await store.list("")).items.length).toBe(made.length);
  const seen: number[] = [];
  await store.watch("", 1, { event: (e) => void seen.push(e.revision), closed: () => undefined });
  expect(seen).toEqual(made);
  await store.compact(await store.currentRevision());
  await expect
    .poll(() => store.create(`/after-${++count}`, Buffer.alloc(8_000, 1)).then(() => "written", String))
    .toBe("written");
});

test("a backup taken while writing is one moment of the store and opens as a store", async () => {
  const path = newPath();
  const store = await open(path);
  const write = async (from: number): Promise<void> => {
    for (let i = from; i < from + 100; i++) await store.create(`/${i}`, Buffer.alloc(2000, i));
  };
  await write(0);
  const target = newPath();
  const done = new AbortController();
  const writing = (async (): Promise<void> => {
    for (let from = 100; !done.signal.aborted; from += 100) await write(from);
  })();
  // Some begin while a write is being committed, which must not show.
  for (let i = 0; i < 40; i++) await store.backup?.(newPath());
  await store.backup?.(target);
  done.abort();
  await writing;
  const copy = await open(target);
  const { items, revision } = await copy.list("");
  expect(items.length).toBe(revision - 1);
  expect(items.length).toBeGreaterThanOrEqual(100);
  await expect(store.backup?.(target)).rejects.toMatchObject({
    message: `the backup ${target} exists already`,
  });
});

test("a restored backup has the values of then, no history and revisions nobody has seen", async () => {
  const path = newPath();
  const store = await open(path);
  const first = await store.create("/a", Buffer.from("1"));
  const backup = newPath();
  await store.backup?.(backup);
  const lost = await store.update("/a", Buffer.from("lost"), first);
  const restored = newPath();
  const revision = restoreBackup(backup, restored);
  expect(revision).toBeGreaterThan(lost);
  const again = await open(restored);
  expect((await again.list("")).items.map((v) => [v.key, v.revision, v.value.toString()])).toEqual([
    ["/a", first, "1"],
  ]);
  const listener = { event: () => undefined, closed: () => undefined };
  await expect(again.watch("", lost, listener)).rejects.toMatchObject({ kind: "Compacted" });
  expect(await again.update("/a", Buffer.from("2"), first)).toBe(revision + 1);
  expect(() => restoreBackup(backup, restored)).toThrow(`the store ${restored} exists already`);
  expect(() => restoreBackup(newPath(), newPath())).toThrow("ENOENT");
});

test("a store in a place that cannot be made is unavailable", async () => {
  const path = newPath();
  writeFileSync(path, "");
  await expect(open(join(path, "store.db"))).rejects.toMatchObject({ kind: "Unavailable" });
});
