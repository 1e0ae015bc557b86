/** How long a reader waits for what the host is to tell. */
import { beforeEach, expect, test } from "vitest";
import type { FakeClock } from "../../../machinery/clock.ts";
import { fakeClock } from "../../../machinery/clock.ts";
import type { CatchUp } from "./catch-up.ts";
import { createCatchUp } from "./catch-up.ts";
import { Mirror } from "./mirror.ts";

let clock: FakeClock;
let mirror: Mirror;
let restarts: number;
let catchUp: CatchUp;

beforeEach(() => {
  clock = fakeClock();
  mirror = new Mirror(() => clock.now().getTime());
  restarts = 0;
  catchUp = createCatchUp(mirror, { restart: () => void (restarts += 1) }, clock);
});

/** What becomes of waiting for revision 100 while the watch tells one revision every so often, for so many seconds. */
async function waitWhile(everySeconds: number, seconds: number): Promise<string> {
  let outcome = "waits";
  void catchUp(100).then(
    () => (outcome = "seen"),
    (error: unknown) => (outcome = String(error)),
  );
  for (let at = 1; at <= seconds; at += 1) {
    if (at % everySeconds === 0) mirror.progress(mirror.seen + 1);
    await clock.advance(1_000);
  }
  return outcome;
}

test("what was seen already is not waited for", async () => {
  mirror.progress(100);
  await catchUp(100);
  expect(restarts).toBe(0);
});

test("a watch that tells nothing for five seconds is opened anew, and nobody waits for it", async () => {
  expect(await waitWhile(Infinity, 4)).toBe("waits");
  expect(await waitWhile(Infinity, 5)).toContain("the watch of the host is at 0, 100 did not come in time");
  expect(restarts).toBeGreaterThan(0);
});

test("a watch that is behind but goes on is waited for, and left alone", async () => {
  mirror.progress(75);
  expect(await waitWhile(1, 25)).toBe("seen");
  expect(restarts).toBe(0);
});

test("a watch that is too far behind is waited for half a minute, and left alone", async () => {
  expect(await waitWhile(4, 29)).toBe("waits");
  expect(await waitWhile(4, 30)).toContain("did not come in time");
  expect(restarts).toBe(0);
});

test("a watch that falls silent on the way is opened anew", async () => {
  mirror.progress(50);
  await waitWhile(1, 3);
  expect(restarts).toBe(0);
  expect(await waitWhile(Infinity, 12)).toContain("the watch of the host is at 53");
  expect(restarts).toBeGreaterThan(0);
});
