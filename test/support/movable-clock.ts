import type { Clock } from "../../machinery/clock.ts";
import { realClock } from "../../machinery/clock.ts";

/** Real time for short waits. What waits longer happens only when time is moved on: nothing that is polled is seen. */
export interface MovableClock extends Clock {
  /** Moves time on, and runs what has become due. */
  advance(seconds: number): void;
}

/** A clock beside the real one, from which it goes away by and by; `longMs` is what a test would not wait for. */
export function movableClock(longMs = 10_000): MovableClock {
  const real = realClock();
  const waiting = new Set<{ readonly due: number; readonly fn: () => void }>();
  let offset = 0;
  const now = (): number => real.now().getTime() + offset;
  return {
    now: () => new Date(now()),
    setTimeout(fn, ms) {
      if (ms < longMs) return real.setTimeout(fn, ms);
      const timer = { due: now() + ms, fn };
      waiting.add(timer);
      return () => {
        waiting.delete(timer);
      };
    },
    advance(seconds) {
      offset += seconds * 1000;
      for (const timer of [...waiting].sort((a, b) => a.due - b.due)) {
        if (timer.due > now() || !waiting.delete(timer)) continue;
        timer.fn();
      }
    },
  };
}
