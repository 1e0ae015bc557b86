/**
 * Gives memory back while nothing happens. V8 collects when something is allocated, not when the work is done: what a
 * start or a burst left behind would stay resident until the next one. After such a
 * collection the next few hundred requests cost a quarter to a third more, so a pause between two bursts is not yet a rest.
 */
import { performance } from "node:perf_hooks";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Cancel, Clock } from "../machinery/clock.ts";

/** The memory it looks after. */
export interface Heap {
  /** Bytes of objects and of the buffers they hold, garbage included. */
  readonly used: number;
  /** Which part of the time since the last call the event loop had something to do. */
  busy(): number;
  /** Collects everything there is to collect; the process stands still meanwhile. */
  collect(): void;
}

const intervalMs = 1_000;
/** More than this part of an interval is work. What is in use does not tell: under load it goes up and down. */
const restPart = 0.1;
/** So many intervals of rest on end; V8 itself waits eight seconds before it thinks of giving memory back. */
const restIntervals = 10;
/** Less than this, or than this part of what is in use, is not worth standing still for. */
const worthBytes = 32 * 1024 * 1024;
const worthPart = 0.5;

/** Collects once after each time that much came to be in use, when the event loop has rested for ten seconds. */
export function collectWhenIdle(heap: Heap, clock: Clock): Cancel {
  let most = heap.used;
  let collectedTo = 0;
  let rested = 0;
  let cancel: Cancel = () => {};
  const look = (): void => {
    rested = heap.busy() < restPart ? rested + 1 : 0;
    most = Math.max(most, heap.used);
    if (rested >= restIntervals && most - collectedTo >= Math.max(worthBytes, collectedTo * worthPart)) {
      heap.collect();
      collectedTo = heap.used;
      most = collectedTo;
    }
    cancel = clock.setTimeout(look, intervalMs);
  };
  cancel = clock.setTimeout(look, intervalMs);
  return () => {
    cancel();
  };
}

/** The memory of this process. */
export function processHeap(): Heap {
  let collect: ((options: object) => void) | undefined;
  let last = performance.eventLoopUtilization();
  return {
    busy() {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return utilization;
    },
    get used() {
      const { used_heap_size: objects, external_memory: buffers } = getHeapStatistics();
      return objects + buffers;
    },
    collect() {
      // Whoever may set flags of V8 gets the function without one on the command line.
      setFlagsFromString("--expose-gc");
      collect ??= runInNewContext("gc") as (options: object) => void;
      setFlagsFromString("--no-expose-gc");
      // An ordinary collection keeps the pages it has emptied.
      collect({ type: "major", flavor: "last-resort" });
    },
  };
}
