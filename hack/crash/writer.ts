import { openSync, writeSync } from "node:fs";
import { realClock } from "../../machinery/clock.ts";
import { openEmbeddedStore } from "../../server/storage/embedded/embedded-store.ts";
import type { Store } from "../../server/storage/store.ts";
import { isStorageError } from "../../server/storage/store.ts";
import type { ChangeType, JournalLine } from "./journal.ts";
import { seededRandom, valueOf } from "./journal.ts";

/**
 * The process that gets killed: `writer.ts <database> <journal> <seed> <first serial>`. Writes from many tasks until
 * then, watches itself, and compacts history from before its start now and then.
 */

const writers = 24;
const keys = 300;

type Tell = (line: JournalLine) => void;

async function main(path: string, journal: string, seed: number, firstSerial: number): Promise<void> {
  const file = openSync(journal, "w");
  const tell: Tell = (line) => {
    writeSync(file, `${JSON.stringify(line)}\n`);
  };
  const random = seededRandom(seed);
  const store = await openEmbeddedStore({ path, clock: realClock() });
  const revision = await store.currentRevision();
  await store.watch("", revision, {
    event: (event) => {
      tell({ is: "seen", revision: event.revision, key: event.key });
    },
    closed: () => undefined,
  });
  tell({ is: "ready", revision });
  process.stdout.write("ready\n");
  let serial = firstSerial;
  const next = (): number => serial++;
  const tasks = Array.from({ length: writers }, () => write(store, random, { next, tell }));
  await Promise.all([...tasks, compact(store, random, revision)]);
}

async function write(
  store: Store,
  random: () => number,
  { next, tell }: { readonly next: () => number; readonly tell: Tell },
): Promise<never> {
  for (;;) {
    const key = `/crash/${Math.floor(random() * keys)}`;
    const found = await store.get(key);
    const serial = next();
    const type: ChangeType = found === undefined ? "create" : random() < 0.2 ? "delete" : "update";
    tell({ is: "intent", serial, type, key });
    try {
      const value = valueOf(serial);
      const revision =
        found === undefined
          ? await store.create(key, value)
          : type === "delete"
            ? await store.delete(key, found.revision, value)
            : await store.update(key, value, found.revision);
      tell({ is: "ack", serial, revision });
    } catch (error) {
      // Another task was faster.
      if (!isStorageError(error, "Conflict") && !isStorageError(error, "KeyExists")) throw error;
    }
  }
}

async function compact(store: Store, random: () => number, limit: number): Promise<void> {
  let floor = await store.compactedRevision();
  while (floor < limit) {
    await store.get("/crash/0");
    if (random() > 0.02) continue;
    floor = Math.min(limit, floor + Math.ceil(random() * 400));
    await store.compact(floor);
  }
}

const [path = "", journal = "", seed = "", firstSerial = ""] = process.argv.slice(2);
await main(path, journal, Number(seed), Number(firstSerial));
