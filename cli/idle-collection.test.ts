import { expect, test } from "vitest";
import { fakeClock } from "../machinery/clock.ts";
import { collectWhenIdle, processHeap } from "./idle-collection.ts";

const mebibyte = 1024 * 1024;

/** What the collector did at each second, given what was used then. */
async function follow(used: readonly number[], live = 10): Promise<string> {
  const clock = fakeClock();
  const heap = {
    mebibytes: used[0] ?? 0,
    collections: 0,
    get used() {
      return this.mebibytes * mebibyte;
    },
    collect() {
      this.collections += 1;
      this.mebibytes = live;
    },
  };
  const stop = collectWhenIdle(heap, clock);
  let seen = "";
  for (const mebibytes of used.slice(1)) {
    heap.mebibytes = mebibytes;
    const before = heap.collections;
    await clock.advance(1000);
    seen += heap.collections > before ? "c" : ".";
  }
  stop();
  heap.mebibytes = 1000;
  await clock.advance(10_000);
  return seen;
}

test.each<{ says: string; used: readonly number[]; live?: number; seen: string }>([
  { says: "while somebody works, nothing is collected", used: [100, 110, 120, 130, 140], seen: "...." },
  { says: "after work it is collected, once", used: [100, 140, 140, 10, 10, 10], seen: ".c..." },
  { says: "what is not worth it stays", used: [20, 20, 20, 20], seen: "..." },
  { says: "it is collected again after the next work", used: [100, 100, 60, 60, 10], seen: "c.c." },
  {
    says: "what V8 collected by itself between two looks was work all the same",
    used: [10, 80, 20, 20, 10],
    seen: "..c.",
  },
  {
    says: "of much that lives, a larger part has to be garbage",
    used: [100, 100, 140, 140, 160, 160],
    live: 100,
    seen: "c...c",
  },
])("$says", async ({ used, live, seen }) => {
  expect(await follow(used, live)).toBe(seen);
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
