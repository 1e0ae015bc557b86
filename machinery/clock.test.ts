import { expect, test } from "vitest";
import { fakeClock, realClock } from "./clock.ts";

test("the fake clock runs timers in the order of their times", async () => {
  const clock = fakeClock(1000);
  const log: string[] = [];
  const note = (name: string) => () => {
    log.push(`${name}@${String(clock.now().getTime())}`);
  };
  clock.setTimeout(note("b"), 20);
  clock.setTimeout(note("a"), 10);
  const cancel = clock.setTimeout(note("never"), 15);
  clock.setTimeout(() => {
    clock.setTimeout(note("nested"), 5);
  }, 10);
  cancel();
  await clock.advance(19);
  expect(log).toEqual(["a@1010", "nested@1015"]);
  await clock.advance(100);
  expect(log).toEqual(["a@1010", "nested@1015", "b@1020"]);
  expect(clock.now().getTime()).toBe(1119);
  expect(clock.pending).toBe(0);
});

test("the real clock runs and cancels timers", async () => {
  const clock = realClock();
  const cancelled: string[] = [];
  const cancel = clock.setTimeout(() => cancelled.push("x"), 0);
  cancel();
  // Timers of the clock do not keep the process alive, so one of ours does.
  const alive = setInterval(() => undefined, 1000);
  await new Promise<void>((resolve) => clock.setTimeout(resolve, 1));
  clearInterval(alive);
  expect(cancelled).toEqual([]);
});
