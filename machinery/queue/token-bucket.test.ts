import { expect, test } from "vitest";
import { fakeClock } from "../clock.ts";
import { createTokenBucket } from "./token-bucket.ts";

test("allows a burst, then the rate", async () => {
  const clock = fakeClock();
  const bucket = createTokenBucket({ qps: 10, burst: 2, clock });
  expect([bucket.tryAccept(), bucket.tryAccept(), bucket.tryAccept()]).toEqual([true, true, false]);
  await clock.advance(99);
  expect(bucket.tryAccept()).toBe(false);
  await clock.advance(1);
  expect(bucket.tryAccept()).toBe(true);
  await clock.advance(10_000);
  expect([bucket.tryAccept(), bucket.tryAccept(), bucket.tryAccept()]).toEqual([true, true, false]);
});

test("serves those who wait in order, and not those who gave up", async () => {
  const clock = fakeClock();
  const bucket = createTokenBucket({ qps: 10, burst: 1, clock });
  const served: string[] = [];
  const take = (name: string, signal?: AbortSignal): Promise<void> =>
    bucket.accept(signal).then(() => {
      served.push(name);
    });
  const controller = new AbortController();
  const all = [take("a"), take("b"), take("c", controller.signal), take("d")];
  await clock.advance(0);
  expect(served).toEqual(["a"]);
  controller.abort(new Error("gave up"));
  await expect(all[2]).rejects.toThrow("gave up");
  await clock.advance(100);
  expect(served).toEqual(["a", "b"]);
  await clock.advance(200);
  expect(served).toEqual(["a", "b", "d"]);
});
