import { expect, test } from "vitest";
import { fakeClock } from "../machinery/clock.ts";
import { AnswerCache } from "./answer-cache.ts";

test("answers are kept as long as there is room for them, the newest longest, and one that is too large never", async () => {
  const cache = new AnswerCache<{ readonly text: string }>({
    clock: fakeClock(new Date(0)),
    max: 100,
    maxBytes: 1000,
    lifetime: () => 60_000,
  });
  const ask = (key: string, length: number): Promise<unknown> =>
    cache.ask(key, () => Promise.resolve({ text: "x".repeat(length) }));
  const known = (): readonly string[] =>
    ["a", "b", "c", "large"].filter((key) => cache.peek(key) !== undefined);

  await ask("a", 400);
  await ask("b", 400);
  expect(known()).toEqual(["a", "b"]);
  await ask("c", 400);
  expect(known()).toEqual(["b", "c"]);
  expect(await ask("large", 2000)).toEqual({ text: "x".repeat(2000) });
  expect(known()).toEqual(["b", "c"]);
});
