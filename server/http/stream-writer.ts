/**
 * Runs a response's stream against a socket: bounded buffering, a clean end when the stream is done or the server
 * stops, and a cut connection when it fails, so that nobody takes half an answer for a whole one.
 */
import type { Writable } from "node:stream";
import type { Clock } from "../../machinery/clock.ts";
import type { StreamResponse, StreamSink } from "./api-request.ts";
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
  readonly clock: Clock;
}

export interface StreamOptions extends WriteOptions {
  /** Ends when the client is gone, the time is up, or for lasting streams when the server stops. */
  readonly signal: AbortSignal;
  /** Whether the stream is whole wherever it ends. */
  readonly lasting: boolean;
  /** Makes the client see a failure. */
  readonly cut: () => void;
}

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

class SocketSink implements StreamSink {
  readonly #target: Target;
  readonly #limit: number;
  #isCorked = false;
  readonly signal: AbortSignal;

  constructor(target: Target, options: StreamOptions) {
    this.#target = target;
    this.#limit = options.streamBufferBytes;
    this.signal = options.signal;
  }

  write(chunk: Buffer): boolean {
    if (this.signal.aborted || this.#target.destroyed || this.#target.writableEnded) return false;
    this.#cork();
    this.#target.write(chunk);
    return this.#target.writableLength <= this.#limit;
  }

  /** What one turn brings goes out together: writes that were committed together cost each watcher one packet. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#target.cork();
    process.nextTick(() => {
      this.flush();
    });
  }

  /** Lets go what waits for the end of the turn. Node would write the end of a chunked body before it. */
  flush(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#target.uncork();
  }

  onDrain(fn: () => void): void {
    if (this.#target.writableNeedDrain) this.#target.once("drain", fn);
    else queueMicrotask(fn);
  }

  get bufferedBytes(): number {
    return this.#target.writableLength;
  }
}
