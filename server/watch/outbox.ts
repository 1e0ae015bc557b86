/**
 * What stands between the events of a watch and its reader. Frames go out at once while the reader keeps up, wait in a
 * bounded queue while it does not, and the watch ends when the bound is passed: writers never wait for readers.
 */
import type { StreamSink } from "../http/api-request.ts";

export interface OutboxLimits {
  readonly maxFrames: number;
  readonly maxBytes: number;
}

/** A frame, or a way to make it when its turn comes. */
export type Frame = Buffer | (() => Buffer);

export class Outbox {
  readonly #sink: StreamSink;
  readonly #limits: OutboxLimits;
  readonly #overflow: () => void;
  #backlog: Iterator<Frame> | undefined;
  #queue: Frame[] = [];
  #queuedBytes = 0;
  #isBlocked = false;
  #whenEmpty: (() => void) | undefined;

  constructor(sink: StreamSink, limits: OutboxLimits, overflow: () => void) {
    this.#sink = sink;
    this.#limits = limits;
    this.#overflow = overflow;
  }

  /** Frames that go before everything else and do not count against the limits; made as they are sent. */
  start(backlog: Iterable<Frame>): void {
    this.#backlog = backlog[Symbol.iterator]();
    this.#pump();
  }

  /** Sends the frame, or queues it. `size` counts against the limit of bytes where the frame is not made yet. */
  push(frame: Frame, size = 0): void {
    this.#queue.push(frame);
    this.#queuedBytes += Buffer.isBuffer(frame) ? frame.length : size;
    this.#pump();
    if (this.#queue.length > this.#limits.maxFrames || this.#queuedBytes > this.#limits.maxBytes) {
      this.#queue = [];
      this.#queuedBytes = 0;
      this.#overflow();
    }
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
      const frame = this.#next();
      if (frame === undefined) break;
      const bytes = Buffer.isBuffer(frame) ? frame : frame();
      if (this.#sink.write(bytes)) continue;
      this.#isBlocked = true;
      this.#sink.onDrain(() => {
        this.#isBlocked = false;
        this.#pump();
      });
    }
    if (this.isEmpty) {
      this.#queuedBytes = 0;
      const done = this.#whenEmpty;
      this.#whenEmpty = undefined;
      done?.();
    }
  }

  #next(): Frame | undefined {
    const next = this.#backlog?.next();
    if (next !== undefined && next.done !== true) return next.value;
    this.#backlog = undefined;
    const frame = this.#queue.shift();
    if (Buffer.isBuffer(frame)) this.#queuedBytes -= frame.length;
    return frame;
  }
}
