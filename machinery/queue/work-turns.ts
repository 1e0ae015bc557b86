/**
 * Spreads work that comes at once over turns of the event loop: what begins in one of them takes a few milliseconds
 * together, then everybody else's work is done, then the next begins, in the order of coming. Nothing is held up while
 * there is time, and something begins in every turn, however busy the loop is. Whoever goes through many pieces that
 * follow each other without leaving the thread asks before each, as if each came by itself.
 */
import type { Clock } from "../clock.ts";

const turnMs = 5;

export class WorkTurns {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  /** When the first of this turn began; absent when none has. */
  #begun: number | undefined;
  /** What began last has not come to its first pause. */
  #isBeginning = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when one more may begin; undefined when that is now. */
  begin(): Promise<void> | undefined {
    if (this.#begun === undefined) this.#open();
    if (this.#isBeginning || this.#waiting.length > 0 || !this.#hasTime()) {
      return new Promise((resolve) => this.#waiting.push(resolve));
    }
    this.#follow();
    return undefined;
  }

  #open(): void {
    this.#begun = this.#clock.now().getTime();
    setImmediate(() => {
      this.#begun = undefined;
      if (this.#waiting.length === 0) return;
      this.#open();
      this.#admit();
    });
  }

  #admit(): void {
    this.#waiting.shift()?.();
    this.#follow();
  }

  /** Has the next begin, if there is time left, after all that this one does without waiting for anything real. */
  #follow(): void {
    this.#isBeginning = true;
    // Ticks run when no promise has anything left to do.
    queueMicrotask(() => {
      process.nextTick(() => {
        this.#isBeginning = false;
        if (this.#waiting.length > 0 && this.#hasTime()) this.#admit();
      });
    });
  }

  #hasTime(): boolean {
    if (this.#begun === undefined) return false;
    const spent = this.#clock.now().getTime() - this.#begun;
    // A clock that was set back says nothing.
    return spent >= 0 && spent < turnMs;
  }
}
