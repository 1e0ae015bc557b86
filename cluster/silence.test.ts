import { expect, test } from "vitest";
import { fakeClock } from "../machinery/clock.ts";
import { untilSilent } from "./silence.ts";

/** Follows what tells an event at each of the given times and then nothing, and fails when it is ended, if told to. */
function follow(
  times: readonly number[],
  { failsWith }: { failsWith?: Error } = {},
): {
  readonly clock: ReturnType<typeof fakeClock>;
  readonly seen: number[];
  readonly stop: AbortController;
  readonly done: Promise<number>;
} {
  const clock = fakeClock();
  const stop = new AbortController();
  const seen: number[] = [];
  async function* events(signal: AbortSignal): AsyncGenerator<number> {
    for (const time of times) {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, time - clock.now().getTime()));
      yield time;
    }
    await new Promise((resolve) => {
      signal.addEventListener("abort", resolve, { once: true });
    });
    if (failsWith !== undefined) throw failsWith;
  }
  const run = async (): Promise<number> => {
    for await (const event of untilSilent(clock, stop.signal, events)) seen.push(event);
    return clock.now().getTime();
  };
  return { clock, seen, stop, done: run() };
}

test("ends 150 s after the last event, whenever that was", async () => {
  const { clock, seen, done } = follow([100_000, 249_000]);
  await clock.advance(1_000_000);
  expect(await done).toBe(399_000);
  expect(seen).toEqual([100_000, 249_000]);
});

test("ends in order also when what is followed fails because it was ended", async () => {
  const { clock, done } = follow([], { failsWith: new Error("aborted") });
  await clock.advance(150_000);
  expect(await done).toBe(150_000);
});

test("a failure before that is told, and no timer is left", async () => {
  const { clock, stop, done } = follow([], { failsWith: new Error("cut off") });
  await clock.advance(1000);
  stop.abort();
  await expect(done).rejects.toThrow("cut off");
  expect(clock.pending).toBe(0);
});
