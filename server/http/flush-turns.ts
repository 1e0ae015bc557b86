/**
 * Lets out what streams have to send. Whoever waits is served in the order of coming, a few milliseconds at a time with
 * everybody else's work in between, and gets all that has gathered for it in one piece: an idle server sends at once, and
 * the more there is to do, the fewer and larger the pieces are.
 */
import type { Clock } from "../../machinery/clock.ts";

/** One that has something to send. */
export interface Waiting {
  /** Sends all of it; how many bytes that were. */
  flush(): number;
}

/** How long others wait for a turn. */
const turnMs = 5;
/** The time is looked at after so many bytes, which take some tenths of a millisecond; a piece counts as some thousand. */
const checkedBytes = 64 * 1024;
const bytesPerPiece = 4096;

const lineEnd = Buffer.from("\r\n");

export class FlushTurns {
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #isScheduled = false;
  /** The piece that was put together last: most who watch the same get the same. */
  #last: { readonly parts: readonly Buffer[]; readonly isChunk: boolean; readonly piece: Buffer } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has it flushed soon; once, unless it is added again. */
  add(one: Waiting): void {
    this.#waiting.push(one);
    this.#schedule();
  }

  /** The parts in one piece, as one chunk of a body in HTTP/1.1 where that is wanted. Not to be changed: it is shared. */
  join(parts: readonly Buffer[], isChunk: boolean): Buffer {
    const last = this.#last;
    if (last?.isChunk === isChunk && areSame(last.parts, parts)) return last.piece;
    const piece = Buffer.concat(isChunk ? asChunk(parts) : parts);
    this.#last = { parts, isChunk, piece };
    return piece;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#takeTurn();
    });
  }

  #takeTurn(): void {
    this.#isScheduled = false;
    const begun = this.#clock.now().getTime();
    const waiting = this.#waiting;
    let next = 0;
    let unchecked = 0;
    for (let one = waiting[0]; one !== undefined; one = waiting[next]) {
      next += 1;
      unchecked += one.flush() + bytesPerPiece;
      if (unchecked < checkedBytes) continue;
      unchecked = 0;
      const spent = this.#clock.now().getTime() - begun;
      // A clock that was set back says nothing.
      if (spent >= turnMs || spent < 0) break;
    }
    this.#waiting = waiting.slice(next);
    this.#last = undefined;
    if (this.#waiting.length > 0) this.#schedule();
  }
}

function areSame(some: readonly Buffer[], others: readonly Buffer[]): boolean {
  return some.length === others.length && some.every((part, i) => part === others[i]);
}

function asChunk(parts: readonly Buffer[]): Buffer[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [Buffer.from(`${length.toString(16)}\r\n`), ...parts, lineEnd];
}
