/**
 * Gives memory back while nothing happens. V8 collects when something is allocated, not when the work is done: what a
 * start or a burst left behind would stay resident until the next one.
 */
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Cancel, Clock } from "../machinery/clock.ts";

/** The memory it looks after. */
export interface Heap {
  /** Bytes of objects and of the buffers they hold, garbage included. */
  readonly used: number;
  /** Collects everything there is to collect; the process stands still meanwhile. */
  collect(): void;
}

const intervalMs = 1_000;
/** Somebody works when more than this is allocated between two looks. */
const restBytes = 1024 * 1024;
/** Less than this, or than this part of what is in use, is not worth standing still for. */
const worthBytes = 32 * 1024 * 1024;
const worthPart = 0.5;

/** Collects once after each time that much came to be in use, when nothing has been allocated for a moment. */
export function collectWhenIdle(heap: Heap, clock: Clock): Cancel {
  let last = heap.used;
  let most = last;
  let collectedTo = 0;
  let cancel: Cancel = () => {};
  const look = (): void => {
    const now = heap.used;
    const rests = Math.abs(now - last) <= restBytes;
    most = Math.max(most, now);
    if (rests && most - collectedTo >= Math.max(worthBytes, collectedTo * worthPart)) {
      heap.collect();
      collectedTo = heap.used;
      most = collectedTo;
    }
    last = heap.used;
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
  return {
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
