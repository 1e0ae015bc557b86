import { expect, test } from "vitest";
import { fakeClock } from "../machinery/clock.ts";
import { collectWhenIdle, processHeap } from "./idle-collection.ts";

const mebibyte = 1024 * 1024;

/** What is in use during ten seconds of rest or a second of work. */
type Span = readonly [mebibytes: number, works?: "works"];

/** What was done in each span: a collection is a `c`. */
async function follow(spans: readonly Span[], live: number): Promise<string> {
  const clock = fakeClock();
  const heap = {
    mebibytes: 0,
    works: false,
    collections: 0,
    get used() {
      return this.mebibytes * mebibyte;
    },
    busy() {
      return this.works ? 0.5 : 0.01;
    },
    collect() {
      this.collections += 1;
      this.mebibytes = live;
    },
  };
  const stop = collectWhenIdle(heap, clock);
  let seen = "";
  for (const [mebibytes, works] of spans) {
    heap.mebibytes = mebibytes;
    heap.works = works !== undefined;
    const before = heap.collections;
    await clock.advance(heap.works ? 1000 : 10_000);
    seen += heap.collections > before ? "c" : ".";
  }
  stop();
  heap.mebibytes = 1000;
  const before = heap.collections;
  await clock.advance(10_000);
  expect(heap.collections).toBe(before);
  return seen;
}

test.each<{ says: string; spans: readonly Span[]; live?: number; seen: string }>([
  {
    says: "while there is work, nothing is collected",
    spans: [
      [100, "works"],
      [100, "works"],
    ],
    seen: "..",
  },
  { says: "after work it is collected, once", spans: [[140, "works"], [140], [10], [10]], seen: ".c.." },
  { says: "what is not worth it stays", spans: [[20], [30], [20]], seen: "..." },
  { says: "it is collected again after the next work", spans: [[100], [60, "works"], [60]], seen: "c.c" },
  {
    says: "what V8 collected by itself meanwhile was garbage all the same",
    spans: [[80, "works"], [20, "works"], [20]],
    seen: "..c",
  },
  {
    says: "of much that lives, a larger part has to be garbage",
    spans: [[140], [140], [160]],
    live: 100,
    seen: "c.c",
  },
])("$says", async ({ spans, live = 10, seen }) => {
  expect(await follow(spans, live)).toBe(seen);
});

test.each([
  { says: "what comes every ten seconds leaves no time for it", restSeconds: 9, collections: 0 },
  { says: "what comes every eleven seconds leaves time for it", restSeconds: 10, collections: 3 },
])("$says", async ({ restSeconds, collections }) => {
  const clock = fakeClock();
  const heap = {
    used: 0,
    works: false,
    collections: 0,
    busy() {
      return this.works ? 0.5 : 0.01;
    },
    collect() {
      this.collections += 1;
      this.used = 0;
    },
  };
  const stop = collectWhenIdle(heap, clock);
  for (let burst = 0; burst < 3; burst += 1) {
    Object.assign(heap, { used: 100 * mebibyte, works: true });
    await clock.advance(1000);
    heap.works = false;
    await clock.advance(restSeconds * 1000);
  }
  stop();
  expect(heap.collections).toBe(collections);
});

test("the memory of this process shrinks when it is collected", () => {
  const heap = processHeap();
  const before = heap.used;
  const garbage = (): number => Buffer.alloc(64 * mebibyte).length;
  const most = garbage() + before;
  heap.collect();
  expect(most - heap.used).toBeGreaterThan(32 * mebibyte);
  expect("gc" in globalThis).toBe(false);
});
