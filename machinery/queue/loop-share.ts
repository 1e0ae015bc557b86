/**
 * Many small pieces of work that follow each other without leaving the thread: sockets and timers would wait for the last.
 * Whoever goes through many asks before each piece whether it may go on; when a few milliseconds of this turn of the event
 * loop are used up it waits for a later one, and of several who wait each turn serves one, in the order of coming.
 */
import type { Clock } from "../clock.ts";

const turnMs = 5;

export class LoopShare {
  readonly #clock: Clock;
  /** When somebody first asked in this turn of the loop. */
  #begun: number | undefined;
  readonly #waiting: (() => void)[] = [];
  #isScheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined while the caller may go on; otherwise it goes on when the promise is fulfilled. */
  wait(): Promise<void> | undefined {
    const now = this.#clock.now().getTime();
    this.#begun ??= now;
    this.#schedule();
    const spent = now - this.#begun;
    // A clock that was set back says nothing.
    if (spent >= 0 && spent < turnMs) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#takeTurn();
    });
  }

  #takeTurn(): void {
    this.#begun = undefined;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#begun = this.#clock.now().getTime();
    this.#schedule();
    next();
  }
}
