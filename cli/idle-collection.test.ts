import { expect, test } from "vitest";
import { fakeClock } from "../machinery/clock.ts";
import { collectWhenIdle, processHeap } from "./idle-collection.ts";

const mebibyte = 1024 * 1024;

/** What is in use at one second, and whether the second before was one of work. */
type Second = readonly [mebibytes: number, works?: "works"];

/** What was done at each second: a collection is a `c`. */
async function follow(seconds: readonly Second[], live: number): Promise<string> {
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
  for (const [mebibytes, works] of seconds) {
    heap.mebibytes = mebibytes;
    heap.works = works !== undefined;
    const before = heap.collections;
    await clock.advance(1000);
    seen += heap.collections > before ? "c" : ".";
  }
  stop();
  heap.mebibytes = 1000;
  const before = heap.collections;
  await clock.advance(10_000);
  expect(heap.collections).toBe(before);
  return seen;
}

test.each<{ says: string; seconds: readonly Second[]; live?: number; seen: string }>([
  {
    says: "while there is work, nothing is collected",
    seconds: [
      [100, "works"],
      [100, "works"],
    ],
    seen: "..",
  },
  { says: "after work it is collected, once", seconds: [[140, "works"], [140], [10], [10]], seen: ".c.." },
  { says: "what is not worth it stays", seconds: [[20], [30], [20]], seen: "..." },
  { says: "it is collected again after the next work", seconds: [[100], [60, "works"], [60]], seen: "c.c" },
  {
    says: "what V8 collected by itself meanwhile was garbage all the same",
    seconds: [[80, "works"], [20, "works"], [20]],
    seen: "..c",
  },
  {
    says: "of much that lives, a larger part has to be garbage",
    seconds: [[140], [140], [160]],
    live: 100,
    seen: "c.c",
  },
])("$says", async ({ seconds, live = 10, seen }) => {
  expect(await follow(seconds, live)).toBe(seen);
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
