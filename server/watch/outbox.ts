/**
 * What stands between the events of a watch and its reader. Frames go out at once while the reader keeps up, wait in a
 * bounded queue while it does not, and the watch ends when the bound is passed: writers never wait for readers.
 */
import type { StreamSink } from "../http/api-request.ts";

export interface OutboxListener {
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

export class Outbox {
  readonly #sink: StreamSink;
  readonly #limits: OutboxLimits;
  readonly #on: OutboxListener;
  #backlog: Iterator<Buffer> | undefined;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #isBlocked = false;
  #whenEmpty: (() => void) | undefined;

  constructor(sink: StreamSink, limits: OutboxLimits, on: OutboxListener) {
    this.#sink = sink;
    this.#limits = limits;
    this.#on = on;
  }

  /** Frames that go before everything else and do not count against the limits; made as they are sent. */
  start(backlog: Iterable<Buffer>): void {
    this.#backlog = backlog[Symbol.iterator]();
    this.#pump();
  }

  /** Sends the frame, or queues it. */
  push(frame: Buffer): void {
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
    this.#pump();
    if (this.#queue.length > this.#limits.maxFrames || this.#queuedBytes > this.#limits.maxBytes) {
      this.#queue = [];
      this.#queuedBytes = 0;
      this.#on.overflow();
    }
  }

  /** What waits: frames in the queue, and bytes there and in the connection. */
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
    const frame = this.#queue.shift();
    this.#queuedBytes -= frame?.length ?? 0;
    return frame;
  }
}
