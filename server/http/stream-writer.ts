/**
 * Runs a response's stream against a socket: bounded buffering, a clean end when the stream is done or the server
 * stops, and a cut connection when it fails, so that nobody takes half an answer for a whole one.
 */
import type { Writable } from "node:stream";
import type { Clock } from "../../machinery/clock.ts";
import type { StreamResponse, StreamSink } from "./api-request.ts";
import type { FlushTurns, Waiting } from "./flush-turns.ts";
import type { SliceBuffers } from "./write-parts.ts";

export interface WriteOptions {
  readonly isHead: boolean;
  readonly acceptEncoding: string | undefined;
  readonly gzipAboveBytes: number | undefined;
  /** The server is stopping: the connection is not to be used again. */
  readonly closing: boolean;
  /** Part of the request was not read, so the connection cannot be used again. */
  readonly bodyUnread: boolean;
  readonly streamBufferBytes: number;
  readonly streamEndMs: number;
  readonly streamFlushMs: number;
  /** How long an unread body is thrown away before the connection is closed. */
  readonly lingerMs: number;
  /** Where slices of large bodies are put together. */
  readonly sliceBuffers: SliceBuffers;
  /** When streams are sent what waits for them. */
  readonly turns: FlushTurns;
  readonly clock: Clock;
}

export interface StreamOptions extends WriteOptions {
  /** Ends when the client is gone, the time is up, or for lasting streams when the server stops. */
  readonly signal: AbortSignal;
  /** Whether the stream is whole wherever it ends. */
  readonly lasting: boolean;
  /** Makes the client see a failure. */
  readonly cut: () => void;
  /**
   * Where the body of the response may be written in chunks of HTTP/1.1 that are put together here. Node would write each
   * in two pieces, and the same chunk goes to all who watch the same.
   */
  readonly rawSocket?: () => Writable | undefined;
}

/** More than this at once is sent turn by turn: a large start keeps nobody else waiting. */
const turnBytes = 128 * 1024;

type Target = Writable & { readonly writableLength: number };

/** Resolves when the response is over, however it ended. */
export async function runStream(
  stream: StreamResponse["stream"],
  target: Target,
  options: StreamOptions,
): Promise<void> {
  const sink = new SocketSink(target, options);
  // A socket that fails also closes; the signal tells the writer.
  target.on("error", () => {});
  const work = stream(sink).then(
    () => true,
    () => false,
  );
  const finished = await Promise.race([work, endOfPatience(options)]);
  if (target.destroyed) return;
  if (!finished) {
    options.cut();
    return;
  }
  sink.flush();
  target.end();
  if (options.lasting) cutIfNotTaken(target, options);
}

/** Who does not read would otherwise keep the connection, and what waits for it, for ever. */
function cutIfNotTaken(target: Target, { clock, streamFlushMs, cut }: StreamOptions): void {
  if (target.writableFinished) return;
  const cancel = clock.setTimeout(cut, streamFlushMs);
  target.once("close", cancel);
  target.once("finish", cancel);
}

/** A writer that does not notice the end of its signal is not waited for. */
function endOfPatience({ signal, clock, streamEndMs, lasting }: StreamOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const wait = (): void => {
      clock.setTimeout(() => {
        resolve(lasting);
      }, streamEndMs);
    };
    if (signal.aborted) wait();
    else signal.addEventListener("abort", wait, { once: true });
  });
}

class SocketSink implements StreamSink, Waiting {
  readonly #target: Target;
  readonly #options: StreamOptions;
  /** What goes out at the next turn. */
  #parts: Buffer[] = [];
  #bytes = 0;
  #hasTurn = false;
  #fill: (() => void) | undefined;
  #onFlushed: (() => void) | undefined;
  readonly signal: AbortSignal;

  constructor(target: Target, options: StreamOptions) {
    this.#target = target;
    this.#options = options;
    this.signal = options.signal;
  }

  write(chunk: Buffer): boolean {
    if (this.#isClosed) return false;
    // What one turn brings goes out together: writes that were committed together cost each watcher one packet.
    this.#awaitTurn();
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    return this.#bytes < turnBytes && this.#keepsUp;
  }

  onTurn(fill: () => void): void {
    if (this.#isGone) return;
    this.#fill = fill;
    this.#awaitTurn();
  }

  #awaitTurn(): void {
    if (this.#hasTurn) return;
    this.#hasTurn = true;
    this.#options.turns.add(this);
  }

  /** Also before the end of the body. */
  flush(): number {
    const fill = this.#fill;
    this.#fill = undefined;
    fill?.();
    this.#hasTurn = false;
    const [parts, bytes] = [this.#parts, this.#bytes];
    this.#parts = [];
    this.#bytes = 0;
    if (parts.length > 0 && !this.#isGone) {
      const { turns, rawSocket } = this.#options;
      const socket = rawSocket?.();
      if (socket === undefined) this.#target.write(turns.join(parts, false));
      else socket.write(turns.join(parts, true));
    }
    const goOn = this.#onFlushed;
    this.#onFlushed = undefined;
    // Within this turn, for what comes next is work too.
    if (goOn !== undefined && this.#keepsUp) goOn();
    else if (goOn !== undefined) this.onDrain(goOn);
    return bytes;
  }

  onDrain(fn: () => void): void {
    if (this.#isGone) return;
    if (this.#parts.length > 0) this.#onFlushed = fn;
    else if (this.#keepsUp) queueMicrotask(fn);
    else (this.#options.rawSocket?.() ?? this.#target).once("drain", fn);
  }

  get bufferedBytes(): number {
    return this.#target.writableLength + this.#bytes;
  }

  get #keepsUp(): boolean {
    return this.bufferedBytes <= this.#options.streamBufferBytes;
  }

  get #isClosed(): boolean {
    return this.signal.aborted || this.#isGone;
  }

  get #isGone(): boolean {
    return this.#target.destroyed || this.#target.writableEnded;
  }
}
