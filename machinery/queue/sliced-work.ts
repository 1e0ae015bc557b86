/**
 * Long computations on the one thread there is. Each is a generator that yields wherever it can be left; they are carried
 * on a few milliseconds at a time, with everybody else's work in between, and take turns: one that is long keeps no other
 * waiting until its end.
 */
import type { Clock } from "../clock.ts";

interface Task {
  /** Goes on to the next place where it can be left; true at its end. */
  advance(): boolean;
}

const sliceMs = 5;

export class SlicedWork {
  readonly #clock: Clock;
  #tasks: Task[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs the work to its end, not before what runs now is over; resolves with what it returns, rejects with what it throws. */
  run<T>(work: Iterator<unknown, T>): Promise<T> {
    const outcome = Promise.withResolvers<T>();
    const advance = (): boolean => {
      try {
        const { done, value } = work.next();
        if (done === true) outcome.resolve(value);
        return done === true;
      } catch (error) {
        outcome.reject(error);
        return true;
      }
    };
    if (this.#tasks.push({ advance }) === 1) this.#schedule();
    return outcome.promise;
  }

  #schedule(): void {
    setImmediate(() => {
      this.#takeSlice();
    });
  }

  #takeSlice(): void {
    const [task] = this.#tasks;
    if (task === undefined) return;
    const begun = this.#clock.now().getTime();
    for (;;) {
      const isOver = task.advance();
      const spent = this.#clock.now().getTime() - begun;
      // A clock that was set back says nothing.
      if (!isOver && spent >= 0 && spent < sliceMs) continue;
      this.#tasks.shift();
      if (!isOver) this.#tasks.push(task);
      break;
    }
    if (this.#tasks.length > 0) this.#schedule();
  }
}

/** Runs the work to its end without leaving it; for what is short. */
export function atOnce<T>(work: Iterator<unknown, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
