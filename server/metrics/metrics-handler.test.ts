import { Counter, Gauge, Registry } from "@prometheus-io/client";
import { expect, test } from "vitest";
import { fakeClock } from "../../machinery/clock.ts";
import type { ApiRequest } from "../http/api-request.ts";
import { metricsHandler } from "./metrics-handler.ts";

/** So many gauges, each of which takes a few milliseconds of the clock to look up. */
function slow(count: number, ms: number) {
  const registry = new Registry();
  const time = { ms: 0 };
  for (let i = 0; i < count; i += 1) {
    const gauge = new Gauge({
      name: `gauge_${String(i)}`,
      help: "A gauge.",
      registers: [registry],
      collect: () => {
        time.ms += ms;
        gauge.set(i);
      },
    });
  }
  const clock = { ...fakeClock(), now: () => new Date(time.ms) };
  return { registry, handler: metricsHandler(registry, clock) };
}
const body = async (handler: ReturnType<typeof metricsHandler>): Promise<unknown> => {
  const response = await handler({} as ApiRequest);
  return "body" in response ? response.body : undefined;
};

test("all metrics are written out as the library writes them", async () => {
  const { registry, handler } = slow(3, 0);
  const counter = new Counter({
    name: "calls_total",
    help: "Calls.",
    labelNames: ["to"],
    registers: [registry],
  });
  counter.inc({ to: 'a "name"' }, 3);
  expect(await body(handler)).toBe(await registry.metrics());
});

test("others have a turn after every few milliseconds", async () => {
  const { handler } = slow(10, 3);
  let turns = 0;
  let isOver = false;
  const others = (): void => {
    turns += 1;
    if (!isOver) setImmediate(others);
  };
  setImmediate(others);
  await body(handler);
  isOver = true;
  // Two of them are five milliseconds.
  expect(turns).toBeGreaterThanOrEqual(4);
  expect(turns).toBeLessThanOrEqual(11);
});
