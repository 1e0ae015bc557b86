import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fakeClock } from "../../../machinery/clock.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { openEmbeddedStore } from "../../../server/storage/embedded/embedded-store.ts";
import type { CacheEvent } from "../../../server/storage/watchcache/types.ts";
import { openWatchCache } from "../../../server/storage/watchcache/watch-cache.ts";

const folder = mkdtempSync(join(tmpdir(), "watchcache-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const widgets = { group: "example.dev", plural: "widgets" };
const aWidget = (name: string, size: number): JsonObject => ({
  metadata: { name, namespace: "a", uid: name, labels: { size: String(size) } },
});

async function start() {
  const clock = fakeClock();
  const store = await openEmbeddedStore({ path: join(folder, "store.db"), clock });
  const cache = await openWatchCache(store, { clock, resources: [widgets] });
  const stop = async (): Promise<void> => {
    cache.close();
    await store.close();
  };
  return { store, cache, resource: cache.find(widgets.group, widgets.plural)!, stop };
}

const shape = (e: CacheEvent): unknown[] => [
  e.type,
  e.revision,
  e.object.json.toString(),
  e.previous?.revision,
];

test("a restarted server continues watches from every revision of before, and refuses compacted ones", async () => {
  const before = await start();
  const seen: CacheEvent[] = [];
  const { list } = before.resource.snapshotAndSubscribe("", {
    event: (event) => void seen.push(event),
    closed: () => undefined,
  });
  await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const made = await before.resource.create("a", `w${i}`, aWidget(`w${i}`, i));
      const changed = await before.resource.update("a", `w${i}`, aWidget(`w${i}`, i + 1), made.revision);
      if (i % 2 === 0) await before.resource.delete("a", `w${i}`, changed.revision, aWidget(`w${i}`, i + 2));
    }),
  );
  const then = seen[24]!.revision;
  const listThen = (await before.resource.listAt("a", then))!.items.map((o) => o.json.toString());
  const floor = seen[9]!.revision;
  await before.store.compact(floor);
  await before.stop();

  const after = await start();
  expect(after.resource.revision).toBe(seen.at(-1)!.revision);
  expect((await after.resource.listAt("a", then))!.items.map((o) => o.json.toString())).toEqual(listThen);
  for (let revision = floor; revision <= after.resource.revision; revision++) {
    const rest: CacheEvent[] = [];
    await after.resource.subscribe(revision, { event: (e) => void rest.push(e), closed: () => undefined });
    expect(rest.map(shape)).toEqual(seen.filter((e) => e.revision > revision).map(shape));
  }
  const listener = { event: () => undefined, closed: () => undefined };
  await expect(after.resource.subscribe(list.revision, listener)).rejects.toMatchObject({
    kind: "Compacted",
  });
  await after.stop();
});
