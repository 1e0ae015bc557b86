import { expect, test } from "vitest";
import type { Clock } from "../../machinery/clock.ts";
import type { Waiting } from "./flush-turns.ts";
import { FlushTurns } from "./flush-turns.ts";

/** Time passes only where the test says so; timers are the test's to run. */
const clockOf = (time: { ms: number; timers?: { fn: () => void; ms: number }[] }): Clock => ({
  now: () => new Date(time.ms),
  setTimeout: (fn, ms) => {
    time.timers?.push({ fn, ms });
    return () => undefined;
  },
});
const others = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Everyone takes a millisecond for a large piece, and says who it was. */
function crowd(bytes = 64 * 1024) {
  const time = { ms: 0, timers: [] as { fn: () => void; ms: number }[] };
  const served: string[] = [];
  const one = (name: string): Waiting => ({
    flush: () => {
      served.push(name);
      time.ms += 1;
      return bytes;
    },
  });
  return { turns: new FlushTurns(clockOf(time)), served, one, timers: time.timers };
}

test("who waits is served in the order of coming, and others have a turn every few milliseconds", async () => {
  const { turns, served, one } = crowd();
  for (let i = 0; i < 12; i++) turns.add(one(String(i)));
  const counts: number[] = [];
  for (let i = 0; i < 4; i++) {
    counts.push(served.length);
    await others();
  }
  expect(counts).toEqual([0, 5, 10, 12]);
  expect(served).toEqual(Array.from({ length: 12 }, (_, i) => String(i)));
});

test("who has little is served with many others before the time is looked at", async () => {
  const { turns, served, one } = crowd(100);
  for (let i = 0; i < 40; i++) turns.add(one(String(i)));
  await others();
  expect(served.length).toBeLessThan(40);
  await others();
  await others();
  expect(served.length).toBe(40);
});

test("who comes again while others wait is served after them", async () => {
  const { turns, served, one } = crowd();
  const again: Waiting = {
    flush: () => {
      served.push("again");
      turns.add(one("later"));
      return 0;
    },
  };
  turns.add(again);
  for (let i = 0; i < 7; i++) turns.add(one(String(i)));
  for (let i = 0; i < 4; i++) await others();
  expect(served).toEqual(["again", "0", "1", "2", "3", "4", "5", "6", "later"]);
});

test("after a long round of small pieces what comes gathers for as long as it took", async () => {
  const { turns, served, one, timers } = crowd(100);
  for (let i = 0; i < 40; i++) turns.add(one(String(i)));
  for (let i = 0; i < 5; i++) await others();
  expect([served.length, timers.length]).toEqual([40, 1]);
  turns.add(one("late"));
  turns.add(one("later"));
  await others();
  expect(served.length).toBe(40);
  expect(timers[0]?.ms).toBe(40);
  timers[0]?.fn();
  expect(served.slice(40)).toEqual(["late", "later"]);
  // That was a short one.
  turns.add(one("last"));
  await others();
  expect(served.at(-1)).toBe("last");
  expect(timers.length).toBe(1);
});

test.each([
  { says: "a long round of large pieces", bytes: 64 * 1024, count: 40 },
  { says: "a short round", bytes: 100, count: 4 },
])("after $says nothing waits", async ({ bytes, count }) => {
  const { turns, served, one, timers } = crowd(bytes);
  for (let i = 0; i < count; i++) turns.add(one(String(i)));
  for (let i = 0; i < 10; i++) await others();
  turns.add(one("late"));
  await others();
  expect(served.length).toBe(count + 1);
  expect(timers).toEqual([]);
});

test("a clock that is set back ends a turn, and nobody is forgotten", async () => {
  const time = { ms: 10 };
  const turns = new FlushTurns(clockOf(time));
  let served = 0;
  for (let i = 0; i < 5; i++) {
    turns.add({
      flush: () => {
        served += 1;
        time.ms -= 3;
        return 64 * 1024;
      },
    });
  }
  for (let i = 0; i < 6; i++) await others();
  expect(served).toBe(5);
});

test("the same parts are put together once, and parts of another form apart", () => {
  const turns = new FlushTurns(clockOf({ ms: 0 }));
  const [a, b] = [Buffer.from("one\n"), Buffer.from("two two two\n")];
  const chunk = turns.join([a, b], true);
  expect(chunk.toString()).toBe("10\r\none\ntwo two two\n\r\n");
  expect(turns.join([a, b], true)).toBe(chunk);
  expect(turns.join([a], true).toString()).toBe("4\r\none\n\r\n");
  expect(turns.join([Buffer.from("one\n"), b], true)).toEqual(chunk);
  expect(turns.join([a, b], false).toString()).toBe("one\ntwo two two\n");
});
