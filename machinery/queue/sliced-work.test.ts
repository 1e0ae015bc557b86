import fc from "fast-check";
import { expect, test } from "vitest";
import type { Clock } from "../clock.ts";
import { SlicedWork } from "./sliced-work.ts";

/** Each step takes as long as the test says. */
function workshop() {
  const time = { ms: 0 };
  const clock: Clock = { now: () => new Date(time.ms), setTimeout: () => () => undefined };
  const done: string[] = [];
  function* work(name: string, steps: readonly number[]): Generator<undefined, string> {
    for (const ms of steps) {
      time.ms += ms;
      done.push(name);
      yield;
    }
    return `${name} is done`;
  }
  return { sliced: new SlicedWork(clock), done, work, time };
}
const others = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("nothing runs at once, and what runs leaves the thread every five milliseconds", async () => {
  const { sliced, done, work } = workshop();
  const outcome = sliced.run(work("a", [2, 2, 2, 2, 2, 2, 2]));
  const counts: number[] = [];
  for (let i = 0; i < 4; i++) {
    counts.push(done.length);
    await others();
  }
  expect(counts).toEqual([0, 3, 6, 7]);
  expect(await outcome).toBe("a is done");
});

test("several take turns, so a short one does not wait for the end of a long one", async () => {
  const { sliced, done, work } = workshop();
  await Promise.all([sliced.run(work("long", [5, 5, 5])), sliced.run(work("short", [5]))]);
  expect(done).toEqual(["long", "short", "long", "long"]);
});

test("one that throws is rejected, and the others go on", async () => {
  const { sliced, work } = workshop();
  // eslint-disable-next-line require-yield -- it fails before it could be left
  const failing = (function* (): Generator<undefined, string> {
    throw new RangeError("no");
  })();
  const [a, b] = await Promise.allSettled([sliced.run(failing), sliced.run(work("b", [9, 9]))]);
  expect(a).toMatchObject({ status: "rejected", reason: { message: "no" } });
  expect(b).toEqual({ status: "fulfilled", value: "b is done" });
});

test("everything is done whatever the clock does, each in its own order", async () => {
  const steps = fc.array(fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 8 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const { sliced, done, work } = workshop();
      const outcomes = await Promise.all(all.map((some, i) => sliced.run(work(String(i), some))));
      expect(outcomes).toEqual(all.map((_, i) => `${String(i)} is done`));
      expect(done.length).toBe(all.flat().length);
    }),
  );
});
