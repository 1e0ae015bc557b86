import type { Registry } from "@prometheus-io/client";
import { Histogram } from "@prometheus-io/client";
import type { Cancel, Clock } from "../../machinery/clock.ts";

/** Often enough to meet what holds the loop up, and cheap enough to be on always. */
const intervalMs = 20;

/**
 * Counts how late a timer runs, which is how long whatever else wants to run has to wait at that moment. `elapsedMs` is
 * time since any point, which never goes back.
 */
export function measureEventLoop(registry: Registry, clock: Clock, elapsedMs: () => number): Cancel {
  const delays = new Histogram({
    name: "hawsepipe_event_loop_delay_seconds",
    help: "How late a timer of the event loop ran.",
    buckets: [0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
    registers: [registry],
  });
  let isOver = false;
  let cancel: Cancel = () => {};
  const next = (): void => {
    const due = elapsedMs() + intervalMs;
    cancel = clock.setTimeout(() => {
      if (isOver) return;
      delays.observe(Math.max(0, elapsedMs() - due) / 1000);
      next();
    }, intervalMs);
  };
  next();
  return () => {
    isOver = true;
    cancel();
  };
}
