import fc from "fast-check";
import { expect, test } from "vitest";
import type { Clock } from "../clock.ts";
import { LoopShare } from "./loop-share.ts";

/** Chains of work whose pieces take as long as the test says. */
function workshop() {
  const time = { ms: 0 };
  const clock: Clock = { now: () => new Date(time.ms), setTimeout: () => () => undefined };
  const share = new LoopShare(clock);
  const done: string[] = [];
  async function work(name: string, pieces: readonly number[]): Promise<void> {
    for (const ms of pieces) {
      const turn = share.wait();
      if (turn !== undefined) await turn;
      time.ms += ms;
      done.push(name);
      // A piece is mostly the end of some promise.
      await Promise.resolve();
    }
  }
  return { done, work };
}
const others = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a chain of promises begins at once, and lets others in between every five milliseconds", async () => {
  const { done, work } = workshop();
  const counts: number[] = [];
  const looking = (async () => {
    for (let i = 0; i < 3; i++) {
      await others();
      counts.push(done.length);
    }
  })();
  await Promise.all([looking, work("a", [2, 2, 2, 2, 2, 2, 2])]);
  expect(counts).toEqual([3, 6, 7]);
});

test("of several chains each turn of the loop serves one, in the order of coming", async () => {
  const { done, work } = workshop();
  await Promise.all([work("a", [5, 5, 5]), work("b", [5, 5]), work("c", [5])]);
  expect(done).toEqual(["a", "b", "c", "a", "b", "a"]);
});

test("who works little is never made to wait", async () => {
  const { done, work } = workshop();
  for (let i = 0; i < 10; i++) {
    const count = done.length;
    void work("a", [3]);
    expect(done.length).toBe(count + 1);
    await others();
  }
});

test("everything is done whatever the clock does, each chain in its own order", async () => {
  const pieces = fc.array(fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 8 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(pieces, async (all) => {
      const { done, work } = workshop();
      await Promise.all(all.map((some, i) => work(String(i), some)));
      all.forEach((some, i) => {
        expect(done.filter((name) => name === String(i)).length).toBe(some.length);
      });
    }),
    { numRuns: 50 },
  );
});
