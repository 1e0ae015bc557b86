import { expect, test } from "vitest";
import { fakeClock } from "../../machinery/clock.ts";
import { openMemoryStore } from "./memory/memory-store.ts";

const minute = 60_000;

async function writes(store: ReturnType<typeof openMemoryStore>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const revision = await store.create("/a", Buffer.from("1"));
    await store.delete("/a", revision);
  }
}

test("history stays for the minimal age and is forgotten after", async () => {
  const clock = fakeClock();
  const store = openMemoryStore({ clock, retention: { minAgeMs: 5 * minute, minEvents: 10 } });
  await clock.advance(10_000);
  await writes(store, 50);
  const old = await store.currentRevision();
  await clock.advance(5 * minute);
  expect(await store.compactedRevision()).toBe(1);
  await writes(store, 50);
  await clock.advance(minute);
  expect(await store.compactedRevision()).toBe(old);
});

test("the newest events stay however old they are", async () => {
  const clock = fakeClock();
  const store = openMemoryStore({ clock, retention: { minAgeMs: 5 * minute, minEvents: 10 } });
  await writes(store, 50);
  await clock.advance(60 * minute);
  expect(await store.compactedRevision()).toBe((await store.currentRevision()) - 10);
});

test("a closed store leaves no timer", async () => {
  const clock = fakeClock();
  const store = openMemoryStore({ clock });
  expect(clock.pending).toBe(1);
  await store.close();
  expect(clock.pending).toBe(0);
});
