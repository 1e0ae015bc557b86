import { Registry } from "@prometheus-io/client";
import { expect, test } from "vitest";
import { fakeClock } from "../../machinery/clock.ts";
import { measureEventLoop } from "./event-loop-metrics.ts";

const seen = async (registry: Registry): Promise<Record<string, number>> => {
  const text = await registry.metrics();
  const rows = [
    ...text.matchAll(/^hawsepipe_event_loop_delay_seconds_(?:bucket\{le="([^"]+)"\}|(count)) (\d+)$/gm),
  ];
  return Object.fromEntries(rows.map(([, bound, count, value]) => [bound ?? count ?? "", Number(value)]));
};

test("a timer that is late counts with its lateness, until it is cancelled", async () => {
  const registry = new Registry();
  const clock = fakeClock();
  const late = { ms: 0 };
  const cancel = measureEventLoop(registry, clock, () => clock.now().getTime() + late.ms);
  await clock.advance(20);
  expect(await seen(registry)).toMatchObject({ "0.001": 1, count: 1 });
  // Something held up the loop for 60 ms while the next timer waited.
  late.ms = 60;
  await clock.advance(20);
  expect(await seen(registry)).toMatchObject({ "0.001": 1, "0.05": 1, "0.1": 2, count: 2 });
  cancel();
  await clock.advance(100);
  expect(await seen(registry)).toMatchObject({ count: 2 });
  expect(clock.pending).toBe(0);
});
