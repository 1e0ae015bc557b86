/**
 * Lets out what streams have to send, in rounds. Whoever waits is served in the order of coming, a few milliseconds at a
 * time with everybody else's work in between, and gets all that has gathered for it in one piece; who comes while a round
 * goes on is served in the next. After a long round of small pieces the next begins no sooner than it took: a piece for
 * each of many readers costs the same whether one event is in it or ten. So an idle server sends at once, a busy one
 * spends at most half of its time on this, and the more there is to do, the fewer and larger the pieces are.
 */
import type { Clock } from "../../machinery/clock.ts";

/** One that has something to send. */
export interface Waiting {
  /** Sends all of it; how many bytes that were. */
  flush(): number;
}

/** How long others wait for a turn. A round that fits in one is not long. */
const turnMs = 5;
const maxPauseMs = 50;
/** Of a piece this large nearly all the costs are those of its bytes; it is not worth waiting for more. */
const largePiece = 16 * 1024;
/** The time is looked at after so many bytes, which take some tenths of a millisecond; a piece counts as some thousand. */
const checkedBytes = 64 * 1024;
const bytesPerPiece = 4096;

const lineEnd = Buffer.from("\r\n");

export class FlushTurns {
  readonly #clock: Clock;
  /** Those of this round who were not served yet, from `#at` on, and those of the next. */
  #round: Waiting[] = [];
  #at = 0;
  #next: Waiting[] = [];
  #roundBytes = 0;
  #roundMs = 0;
  #isScheduled = false;
  /** The piece that was put together last: most who watch the same get the same. */
  #last: { readonly parts: readonly Buffer[]; readonly isChunk: boolean; readonly piece: Buffer } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has it flushed soon; once, unless it is added again. */
  add(one: Waiting): void {
    this.#next.push(one);
    this.#schedule(0);
  }

  /** The parts in one piece, as one chunk of a body in HTTP/1.1 where that is wanted. Not to be changed: it is shared. */
  join(parts: readonly Buffer[], isChunk: boolean): Buffer {
    const last = this.#last;
    if (last?.isChunk === isChunk && areSame(last.parts, parts)) return last.piece;
    const piece = Buffer.concat(isChunk ? asChunk(parts) : parts);
    this.#last = { parts, isChunk, piece };
    return piece;
  }

  #schedule(pauseMs: number): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const run = (): void => {
      this.#isScheduled = false;
      this.#takeTurn();
    };
    if (pauseMs > 0) this.#clock.setTimeout(run, pauseMs);
    else setImmediate(run);
  }

  #takeTurn(): void {
    if (this.#at === this.#round.length) {
      this.#round = this.#next;
      this.#next = [];
      this.#at = 0;
      this.#roundBytes = 0;
      this.#roundMs = 0;
    }
    this.#roundMs += this.#serve();
    this.#last = undefined;
    if (this.#at < this.#round.length) this.#schedule(0);
    else this.#rest();
  }

  /** Serves those of the round until the time is over; how much that was. */
  #serve(): number {
    const begun = this.#clock.now().getTime();
    let unchecked = 0;
    for (let one = this.#round[this.#at]; one !== undefined; one = this.#round[this.#at]) {
      this.#at += 1;
      const bytes = one.flush();
      this.#roundBytes += bytes;
      unchecked += bytes + bytesPerPiece;
      if (unchecked < checkedBytes) continue;
      unchecked = 0;
      const spent = this.#clock.now().getTime() - begun;
      // A clock that was set back says nothing.
      if (spent >= turnMs || spent < 0) break;
    }
    return Math.max(0, this.#clock.now().getTime() - begun);
  }

  /** The end of a round. */
  #rest(): void {
    const areLarge = this.#roundBytes >= this.#round.length * largePiece;
    this.#round = [];
    this.#at = 0;
    const pauseMs = areLarge || this.#roundMs < turnMs ? 0 : Math.min(this.#roundMs, maxPauseMs);
    if (pauseMs > 0 || this.#next.length > 0) this.#schedule(pauseMs);
  }
}

function areSame(some: readonly Buffer[], others: readonly Buffer[]): boolean {
  return some.length === others.length && some.every((part, i) => part === others[i]);
}

function asChunk(parts: readonly Buffer[]): Buffer[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [Buffer.from(`${length.toString(16)}\r\n`), ...parts, lineEnd];
}
