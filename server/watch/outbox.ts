/**
 * What stands between the events of a watch and its reader. Events go out with the next turn of the connection while the
 * reader keeps up, wait in a bounded queue while it does not, and the watch ends when the bound is passed: writers never
 * wait for readers. Frames are made when it is their turn: an event that many watch costs whoever brings it next to
 * nothing.
 */
import type { StreamSink } from "../http/api-request.ts";

export interface OutboxListener<T> {
  /** Makes the frame; they are asked for in the order of the events. */
  frameOf(event: T): Buffer;
  /** About how many bytes the frame will have. */
  sizeOf(event: T): number;
  /** The reader fell too far behind. */
  overflow(): void;
  /** A frame could not be made. */
  fail(error: unknown): void;
  /** A frame was handed to the connection. */
  sent?(frame: Buffer): void;
}

export interface OutboxLimits {
  readonly maxFrames: number;
  readonly maxBytes: number;
}

export class Outbox<T> {
  readonly #sink: StreamSink;
  readonly #limits: OutboxLimits;
  readonly #on: OutboxListener<T>;
  #backlog: Iterator<Buffer> | undefined;
  #queue: T[] = [];
  #queuedBytes = 0;
  #isBlocked = false;
  #hasTurn = false;
  readonly #takeTurn = (): void => {
    this.#hasTurn = false;
    this.#pump();
  };
  #whenEmpty: (() => void) | undefined;

  constructor(sink: StreamSink, limits: OutboxLimits, on: OutboxListener<T>) {
    this.#sink = sink;
    this.#limits = limits;
    this.#on = on;
  }

  get #isTooMuch(): boolean {
    return this.#queue.length > this.#limits.maxFrames || this.#queuedBytes > this.#limits.maxBytes;
  }

  /** Frames that go before everything else and do not count against the limits; made as they are sent. */
  start(backlog: Iterable<Buffer>): void {
    this.#backlog = backlog[Symbol.iterator]();
    this.#pump();
  }

  /** Sends the event when its turn comes. */
  push(event: T): void {
    this.#queue.push(event);
    this.#queuedBytes += this.#on.sizeOf(event);
    if (this.#sink.onTurn === undefined || this.#isTooMuch) {
      this.#pump();
    } else if (!this.#hasTurn && !this.#isBlocked) {
      this.#hasTurn = true;
      this.#sink.onTurn(this.#takeTurn);
    }
    if (this.#isTooMuch) {
      this.#queue = [];
      this.#queuedBytes = 0;
      this.#on.overflow();
    }
  }

  /** Sends what only waits for its turn; what the reader has not made room for is dropped. Nothing comes after that. */
  end(): void {
    this.#pump();
    this.#backlog = undefined;
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  /** What waits: events in the queue, and bytes there and in the connection. */
  get waiting(): { readonly events: number; readonly bytes: number } {
    return { events: this.#queue.length, bytes: this.#queuedBytes + this.#sink.bufferedBytes };
  }

  /** Whether everything was handed to the connection. */
  get isEmpty(): boolean {
    return this.#backlog === undefined && this.#queue.length === 0;
  }

  /** Calls once everything queued until now was handed over. */
  flushed(fn: () => void): void {
    if (this.isEmpty) fn();
    else this.#whenEmpty = fn;
  }

  #pump(): void {
    while (!this.#isBlocked && !this.#sink.signal.aborted) {
      const frame = this.#made();
      if (frame === undefined) break;
      const isKeepingUp = this.#sink.write(frame);
      this.#on.sent?.(frame);
      if (isKeepingUp) continue;
      this.#isBlocked = true;
      this.#sink.onDrain(() => {
        this.#isBlocked = false;
        this.#pump();
      });
    }
    if (this.isEmpty) {
      const done = this.#whenEmpty;
      this.#whenEmpty = undefined;
      done?.();
    }
  }

  /** The next frame. One that cannot be made is the last: what follows would have a gap before it. */
  #made(): Buffer | undefined {
    try {
      return this.#next();
    } catch (error) {
      this.#backlog = undefined;
      this.#queue = [];
      this.#on.fail(error);
      return undefined;
    }
  }

  #next(): Buffer | undefined {
    const next = this.#backlog?.next();
    if (next !== undefined && next.done !== true) return next.value;
    this.#backlog = undefined;
    const event = this.#queue.shift();
    if (event === undefined) return undefined;
    this.#queuedBytes -= this.#on.sizeOf(event);
    return this.#on.frameOf(event);
  }
}
