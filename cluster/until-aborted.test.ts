import { expect, test } from "vitest";
import { untilAborted } from "./until-aborted.ts";

const never = new Promise<string>(() => undefined);

test("what is answered in time is the answer", async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(Promise.resolve("a"), signal)).toBe("a");
  await expect(untilAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
});

test("an abort is heard at once, also one that came before", async () => {
  const abort = new AbortController();
  const waiting = untilAborted(never, abort.signal);
  abort.abort(new Error("late"));
  await expect(waiting).rejects.toThrow("late");
  await expect(untilAborted(never, abort.signal)).rejects.toThrow("late");
  await expect(untilAborted(never, AbortSignal.abort("words"))).rejects.toThrow("words");
});

test("what comes afterwards is discarded, and a failure then bothers nobody", async () => {
  const discarded: string[] = [];
  const discard = (late: string): void => {
    discarded.push(late);
  };
  const { signal } = { signal: AbortSignal.abort(new Error("late")) };
  const answer = Promise.withResolvers<string>();
  await expect(untilAborted(answer.promise, signal, discard)).rejects.toThrow("late");
  answer.resolve("b");
  await answer.promise;
  await expect(untilAborted(Promise.reject(new Error("no")), signal, discard)).rejects.toThrow("late");
  expect(discarded).toEqual(["b"]);
});
