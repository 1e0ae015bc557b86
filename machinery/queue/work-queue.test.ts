import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FakeClock } from "../clock.ts";
import { fakeClock } from "../clock.ts";
import { exponentialBackoff } from "./backoff.ts";
import { MinHeap } from "./heap.ts";
import type { WorkQueue } from "./work-queue.ts";
import { createWorkQueue } from "./work-queue.ts";

const aQueue = (clock: FakeClock = fakeClock()): WorkQueue<string> =>
  createWorkQueue({ clock, backoff: exponentialBackoff({ baseMs: 10, maxMs: 100 }) });

describe("the work queue", () => {
  test("hands items out in the order added, each once", async () => {
    const queue = aQueue();
    for (const item of ["a", "b", "a", "c", "b"]) queue.add(item);
    expect(queue.length).toBe(3);
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(["a", "b", "c"]);
  });

  test("hands an item out again when it was added while being processed, but not before it is done", async () => {
    const queue = aQueue();
    queue.add("a");
    await queue.get();
    queue.add("a");
    queue.add("a");
    expect(queue.length).toBe(0);
    queue.done("a");
    expect(queue.length).toBe(1);
    expect(await queue.get()).toBe("a");
    queue.done("a");
    expect(queue.length).toBe(0);
  });

  test("serves those who wait in order", async () => {
    const queue = aQueue();
    const waiting = Promise.all([queue.get(), queue.get()]);
    queue.add("a");
    queue.add("b");
    expect(await waiting).toEqual(["a", "b"]);
  });

  test("adds after a delay", async () => {
    const clock = fakeClock();
    const queue = aQueue(clock);
    queue.addAfter("late", 200);
    queue.addAfter("soon", 100);
    queue.addAfter("now", 0);
    expect(queue.length).toBe(1);
    await clock.advance(100);
    expect(queue.length).toBe(2);
    await clock.advance(99);
    expect(queue.length).toBe(2);
    await clock.advance(1);
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(["now", "soon", "late"]);
    expect(clock.pending).toBe(0);
  });

  test("counts the shortest of several delays of one item, once", async () => {
    const clock = fakeClock();
    const queue = aQueue(clock);
    queue.addAfter("a", 100);
    queue.addAfter("a", 50);
    queue.addAfter("a", 200);
    await clock.advance(50);
    expect(await queue.get()).toBe("a");
    queue.done("a");
    await clock.advance(500);
    expect(queue.length).toBe(0);
  });

  test("backs off per item until it is forgotten", async () => {
    const clock = fakeClock();
    const queue = aQueue(clock);
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      const from = clock.now().getTime();
      queue.addRateLimited("a");
      while (queue.length === 0) await clock.advance(1);
      waits.push(clock.now().getTime() - from);
      queue.done((await queue.get()) ?? "");
    }
    expect(waits).toEqual([10, 20, 40, 80, 100, 100]);
    expect([queue.retries("a"), queue.retries("b")]).toEqual([6, 0]);
    queue.forget("a");
    expect(queue.retries("a")).toBe(0);
  });

  test("shut down, hands out what is queued and then undefined", async () => {
    const clock = fakeClock();
    const queue = aQueue(clock);
    queue.add("a");
    queue.addAfter("later", 10);
    queue.shutDown();
    queue.add("b");
    expect([await queue.get(), await queue.get()]).toEqual(["a", undefined]);
    expect(clock.pending).toBe(0);
  });

  test("shut down, releases those who wait", async () => {
    const queue = aQueue();
    const waiting = queue.get();
    queue.shutDown();
    expect(await waiting).toBeUndefined();
  });

  test("drains only when all is done", async () => {
    const queue = aQueue();
    queue.add("a");
    await queue.get();
    queue.add("a");
    let drained = false;
    const draining = queue.drain().then(() => {
      drained = true;
    });
    queue.done("a");
    await Promise.resolve();
    expect(drained).toBe(false);
    expect(await queue.get()).toBe("a");
    queue.done("a");
    await draining;
    expect(drained).toBe(true);
  });

  test("never has one item in two hands, and loses none that was added", async () => {
    const step = fc.oneof(
      fc.record({ add: fc.constantFrom("a", "b", "c") }),
      fc.constant("get" as const),
      fc.constant("done" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const queue = aQueue();
        const held: string[] = [];
        const owed = new Set<string>();
        for (const action of steps) {
          if (typeof action === "object") {
            queue.add(action.add);
            owed.add(action.add);
          } else if (action === "get" && queue.length > 0) {
            const item = (await queue.get()) ?? "";
            expect(held).not.toContain(item);
            held.push(item);
            owed.delete(item);
          } else if (action === "done") {
            const item = held.shift();
            if (item !== undefined) queue.done(item);
          }
        }
        for (const item of held) queue.done(item);
        while (queue.length > 0) owed.delete((await queue.get()) ?? "");
        expect([...owed]).toEqual([]);
      }),
    );
  });
});

test("jitter adds its share of the delay", () => {
  const backoff = exponentialBackoff({ baseMs: 100, maxMs: 1000, jitter: 0.5, random: () => 0.5 });
  expect([backoff.next("a"), backoff.next("a")]).toEqual([125, 250]);
});

test("the heap yields numbers in order", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const heap = new MinHeap<number>();
      for (const n of numbers) heap.push(n, n);
      const out = numbers.map(() => heap.pop()?.item);
      expect(out).toEqual([...numbers].sort((a, b) => a - b));
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
