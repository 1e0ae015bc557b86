import type { UserInfo } from "../api/meta/user.ts";
import type { Clock } from "../machinery/clock.ts";
import { WorkTurns } from "../machinery/queue/work-turns.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

/** The part of an API server this transport needs; any server with a pipeline that takes requests without sockets has it. */
export type Dispatch = (request: {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly user: UserInfo;
  readonly signal?: AbortSignal;
}) => Promise<DispatchedResponse>;

export type DispatchedResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
} & (
  | { readonly body: Buffer | string | readonly Buffer[] }
  | { readonly stream: (sink: DispatchSink) => Promise<void> }
);

export interface DispatchSink {
  write(chunk: Buffer): boolean;
  onDrain(fn: () => void): void;
  readonly bufferedBytes: number;
  readonly signal: AbortSignal;
}

/** A stream's writer is told to wait when more than this has not been read; it is read at once, turn by turn. */
const highWaterBytes = 128 * 1024;

/**
 * Reaches the server of this process as the given user, through the same authorization and admission as anybody. Nothing
 * here waits for a socket, so a stream that begins with much leaves the thread to others after every few milliseconds.
 */
export function createInProcessTransport(dispatch: Dispatch, user: UserInfo, clock: Clock): Transport {
  const closing = new AbortController();
  const turns = new WorkTurns(clock);
  return {
    async request(request: TransportRequest): Promise<TransportResponse> {
      const call = new Call(
        request.signal === undefined ? [closing.signal] : [closing.signal, request.signal],
      );
      let isStream = false;
      try {
        const response = await dispatch({
          method: request.method,
          url: request.path,
          headers: request.headers,
          ...(request.body === undefined ? {} : { body: request.body }),
          user,
          signal: call.signal,
        });
        const headers = Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]),
        );
        isStream = "stream" in response;
        const body = "stream" in response ? readStream(response.stream, call, turns) : whole(response.body);
        return { status: response.status, headers, body };
      } finally {
        if (!isStream) call.over();
      }
    },
    async close(): Promise<void> {
      closing.abort();
    },
  };
}

/**
 * One request, ended by the first of the signals. AbortSignal.any would keep each request, and all it refers to, for as
 * long as those signals last: what listens to the combined one never stops listening.
 */
class Call {
  readonly #controller = new AbortController();
  readonly #enders: readonly AbortSignal[];
  readonly #end: (this: AbortSignal) => void;

  constructor(enders: readonly AbortSignal[]) {
    const controller = this.#controller;
    this.#enders = enders;
    this.#end = function () {
      controller.abort(this.reason);
    };
    for (const ender of enders) {
      if (ender.aborted) controller.abort(ender.reason);
      else ender.addEventListener("abort", this.#end, { once: true });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whoever asked has left. */
  abort(): void {
    this.#controller.abort();
  }

  /** Everything was answered: nothing ends it any more. */
  over(): void {
    for (const ender of this.#enders) ender.removeEventListener("abort", this.#end);
  }
}

async function* whole(body: Buffer | string | readonly Buffer[]): AsyncGenerator<Uint8Array> {
  if (typeof body === "string") yield Buffer.from(body);
  else if (Buffer.isBuffer(body)) yield body;
  else yield* body;
}

async function* readStream(
  run: (sink: DispatchSink) => Promise<void>,
  call: Call,
  turns: WorkTurns,
): AsyncGenerator<Uint8Array> {
  const queue = new ChunkQueue(call.signal);
  void run(queue).then(
    () => {
      queue.end();
    },
    (error: unknown) => {
      queue.end(error);
    },
  );
  // Until the reader has caught up once; from then on what is told by several streams comes in the order it happened.
  let isBehind = true;
  try {
    for (;;) {
      const chunk = await queue.next();
      if (chunk === undefined) return;
      isBehind &&= queue.wasFull;
      const turn = isBehind ? turns.begin() : undefined;
      if (turn !== undefined) await turn;
      yield chunk;
    }
  } finally {
    // The reader left: the server must not go on writing for nobody.
    call.over();
    call.abort();
  }
}

class ChunkQueue implements DispatchSink {
  readonly signal: AbortSignal;
  #chunks: Buffer[] = [];
  #buffered = 0;
  #drain: (() => void) | undefined;
  /** Whether the writer waited for what was read last. */
  wasFull = false;
  #wake: (() => void) | undefined;
  #isEnded = false;
  #error: unknown;

  constructor(signal: AbortSignal) {
    this.signal = signal;
    signal.addEventListener("abort", () => this.#wake?.(), { once: true });
  }

  get bufferedBytes(): number {
    return this.#buffered;
  }

  write(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    this.#wake?.();
    return this.#buffered < highWaterBytes;
  }

  onDrain(fn: () => void): void {
    this.#drain = fn;
  }

  end(error?: unknown): void {
    this.#isEnded = true;
    this.#error = error;
    this.#wake?.();
  }

  /** Everything written since the last call as one chunk; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    while (this.#chunks.length === 0) {
      if (this.#isEnded) {
        if (this.#error !== undefined) throw new Error("the stream was cut off", { cause: this.#error });
        return undefined;
      }
      if (this.signal.aborted) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const chunk =
      this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#buffered = 0;
    const drain = this.#drain;
    this.#drain = undefined;
    this.wasFull = drain !== undefined;
    drain?.();
    return chunk;
  }
}
