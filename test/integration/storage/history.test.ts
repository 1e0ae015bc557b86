/** How far back watches can begin while objects change all the time, over the stores of the standalone server and of clusters. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { fakeClock } from "../../../machinery/clock.ts";
import { openEmbeddedStore } from "../../../server/storage/embedded/embedded-store.ts";
import { openHost } from "../../../server/storage/records/testing/host.ts";
import type { Store } from "../../../server/storage/store.ts";
import type { HistoryLimits } from "../../../server/storage/watchcache/event-ring.ts";
import type { ResourceCache } from "../../../server/storage/watchcache/types.ts";
import { openWatchCache } from "../../../server/storage/watchcache/watch-cache.ts";

const folder = mkdtempSync(join(tmpdir(), "history-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const widgets = { group: "example.dev", plural: "widgets" };
const minute = 60_000;

type Clock = ReturnType<typeof fakeClock>;
interface Opened {
  readonly store: Store;
  close(): Promise<void>;
}

let opened: Opened | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const stores: Record<string, (clock: Clock) => Promise<Opened>> = {
  embedded: async (clock) => {
    const store = await openEmbeddedStore({ path: join(mkdtempSync(join(folder, "s-")), "store.db"), clock });
    return { store, close: () => store.close() };
  },
  records: async (clock) => {
    const host = await openHost();
    return { store: await host.open(undefined, clock), close: () => host.close() };
  },
};

async function openResource(
  clock: Clock,
  store: Store,
  history: Partial<HistoryLimits>,
): Promise<ResourceCache> {
  const cache = await openWatchCache(store, { clock, resources: [widgets], history });
  return cache.find(widgets.group, widgets.plural)!;
}

/** Changes one object every two seconds for so many minutes; when each revision was made. */
async function churn(clock: Clock, resource: ResourceCache, minutes: number): Promise<Map<number, number>> {
  const object = (n: number) => ({
    metadata: { name: "w", namespace: "a", uid: "w" },
    n,
    text: "x".repeat(1000),
  });
  const made = new Map<number, number>();
  let { revision } = await resource.create("a", "w", object(0));
  for (let n = 1; n <= minutes * 30; n += 1) {
    await clock.advance(2_000);
    ({ revision } = await resource.update("a", "w", object(n), revision));
    made.set(revision, clock.now().getTime());
  }
  return made;
}

/** The revisions a watch from there sees; undefined when it is refused as expired. */
async function eventsAfter(resource: ResourceCache, revision: number): Promise<number[] | undefined> {
  const seen: number[] = [];
  try {
    const subscription = await resource.subscribe(revision, {
      event: (event) => void seen.push(event.revision),
      closed: () => undefined,
    });
    subscription.stop();
  } catch (error) {
    expect(error).toMatchObject({ kind: "Compacted" });
    return undefined;
  }
  return seen;
}

describe.each(Object.entries(stores))("over the %s store", (_name, open) => {
  test("every watch from the last five minutes goes on without a gap, also when the cache is loaded anew", async () => {
    const clock = fakeClock();
    opened = await open(clock);
    const resource = await openResource(clock, opened.store, { minEvents: 10 });
    const made = await churn(clock, resource, 12);
    const revisions = [...made.keys()];
    const oldest = clock.now().getTime() - 5 * minute;
    const young = revisions.filter((revision) => made.get(revision)! >= oldest);
    expect(young).toHaveLength(151);
    const anew = await openResource(clock, opened.store, { minEvents: 10 });
    for (const revision of young) {
      const after = revisions.filter((one) => one > revision);
      expect(await eventsAfter(resource, revision)).toEqual(after);
      expect(await eventsAfter(anew, revision)).toEqual(after);
    }
    expect(await eventsAfter(resource, revisions[0]!)).toBeUndefined();
  });

  test("what a cache keeps of it is bounded by its limits, whatever its age", async () => {
    const clock = fakeClock();
    opened = await open(clock);
    const byCount = await openResource(clock, opened.store, { minEvents: 5, maxEvents: 20 });
    const byBytes = await openResource(clock, opened.store, { minEvents: 5, maxBytes: 20_000 });
    const revisions = [...(await churn(clock, byCount, 2)).keys()];
    expect(await eventsAfter(byCount, revisions.at(-21)!)).toHaveLength(20);
    expect(await eventsAfter(byCount, revisions.at(-22)!)).toBeUndefined();
    expect(await eventsAfter(byBytes, revisions.at(-15)!)).toHaveLength(14);
    expect(await eventsAfter(byBytes, revisions.at(-21)!)).toBeUndefined();
  });
});
