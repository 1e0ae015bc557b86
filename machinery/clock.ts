/** Cancels what it was given for; harmless when that already ran. */
export type Cancel = () => void;

/** Time as a parameter. Everything outside cli/ that waits or reads the time takes one. */
export interface Clock {
  now(): Date;
  /** Runs `fn` once after `ms` milliseconds unless cancelled. Pending timers do not keep the process alive. */
  setTimeout(fn: () => void, ms: number): Cancel;
}

/** Node refuses longer timers and would run them at once. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** The time of this machine. */
export function realClock(): Clock {
  return {
    now: () => new Date(),
    setTimeout(fn, ms) {
      const timer = setTimeout(fn, Math.min(Math.max(ms, 0), MAX_TIMEOUT));
      timer.unref();
      return () => {
        clearTimeout(timer);
      };
    },
  };
}

/** A clock that stands still until it is moved. */
export interface FakeClock extends Clock {
  /** Moves time on, running due timers in order; after each, promise callbacks run before the next timer. */
  advance(ms: number): Promise<void>;
  /** Timers not yet run or cancelled. */
  readonly pending: number;
}

/** A fake clock that starts at the given time. */
export function fakeClock(start: Date | number = 0): FakeClock {
  let now = typeof start === "number" ? start : start.getTime();
  let sequence = 0;
  const timers = new Map<number, { at: number; fn: () => void }>();
  const due = (until: number): [number, { at: number; fn: () => void }] | undefined => {
    let first: [number, { at: number; fn: () => void }] | undefined;
    for (const entry of timers) {
      if (entry[1].at <= until && (first === undefined || entry[1].at < first[1].at)) first = entry;
    }
    return first;
  };
  return {
    now: () => new Date(now),
    setTimeout(fn, ms) {
      const id = sequence++;
      timers.set(id, { at: now + Math.max(ms, 0), fn });
      return () => {
        timers.delete(id);
      };
    },
    async advance(ms) {
      const until = now + ms;
      for (let next = due(until); next !== undefined; next = due(until)) {
        timers.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].fn();
        await settle();
      }
      now = until;
      await settle();
    },
    get pending() {
      return timers.size;
    },
  };
}

/** Lets pending promise callbacks run, including those they start. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
