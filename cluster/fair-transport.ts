/**
 * Fairness towards the API server without a fixed rate: as many calls at once as the server bears. The limit halves when
 * the server says "too many requests" and grows by one call per round trip while it does not; Retry-After is obeyed.
 * Calls that wait take turns by resource, so one busy kind never holds up the others, and leases never wait at all.
 */
import type { Clock } from "../machinery/clock.ts";
import { FairQueue } from "./fair-queue.ts";
import { isLease } from "./paths.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

export interface FairTransportOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** 0 ≤ n < 1; spreads those who were told to come back. */
  readonly random: () => number;
  readonly initialLimit?: number;
  readonly maxLimit?: number;
}

const minLimit = 1;
/** A call the server has refused unread is sent again this often; nothing has happened, so writes may be too. */
const attempts = 5;
const maxRetryAfterSeconds = 60;

/** Wraps a transport; watches pass at once, since they are few and last. */
export function createFairTransport(options: FairTransportOptions): Transport {
  const { transport, clock, random } = options;
  const maxLimit = options.maxLimit ?? 128;
  const queue = new FairQueue();
  const state = { limit: options.initialLimit ?? 16, running: 0, notBefore: 0, lowered: 0 };

  const startWaiting = (): void => {
    while (state.running < Math.floor(state.limit) && clock.now().getTime() >= state.notBefore) {
      const next = queue.shift();
      if (next === undefined) return;
      state.running += 1;
      next();
    }
  };
  const enter = (request: TransportRequest): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = queue.push(flowOf(request.path), () => {
        request.signal?.removeEventListener("abort", abort);
        resolve();
      });
      const abort = (): void => {
        if (leave()) reject(asError(request.signal?.reason));
      };
      request.signal?.addEventListener("abort", abort, { once: true });
      if (request.signal?.aborted === true) abort();
      startWaiting();
    });
  const leave = (): void => {
    state.running -= 1;
    startWaiting();
  };
  const wentWell = (): void => {
    state.limit = Math.min(maxLimit, state.limit + 1 / state.limit);
  };
  const refused = (seconds: number): number => {
    const now = clock.now().getTime();
    // Answers to calls of the same burst count once.
    if (now - state.lowered >= 1000 || state.lowered === 0) {
      state.limit = Math.max(minLimit, state.limit / 2);
      state.lowered = now;
    }
    const ms = seconds * 1000 * (1 + random() / 2);
    if (now + ms > state.notBefore) {
      state.notBefore = now + ms;
      clock.setTimeout(startWaiting, ms);
    }
    return ms;
  };

  async function call(request: TransportRequest): Promise<TransportResponse> {
    const isExempt = isLease(request.path);
    for (let attempt = 1; ; attempt += 1) {
      if (!isExempt) await enter(request);
      let ms: number;
      try {
        const response = await transport.request(request);
        const seconds = response.status === 429 ? retryAfter(response) : undefined;
        if (seconds === undefined || attempt === attempts) {
          if (response.status !== 429) wentWell();
          return response;
        }
        // Before this call's place is free: the next one is not sent to a server that has just refused.
        ms = refused(seconds);
        await drain(response);
      } finally {
        if (!isExempt) leave();
      }
      await sleep(clock, ms, request.signal);
    }
  }

  return {
    request: (request) => (request.isLongRunning === true ? transport.request(request) : call(request)),
    close: () => transport.close(),
  };
}

/** Group and resource of a path: the calls that take turns with others. */
function flowOf(path: string): string {
  const parts = (path.split("?", 1)[0] ?? "").split("/").filter((part) => part !== "");
  const at = parts[0] === "apis" ? 3 : 2;
  const rest = parts[at] === "namespaces" && parts.length > at + 2 ? at + 2 : at;
  return `${parts[0] === "apis" ? (parts[1] ?? "") : ""}/${parts[rest] ?? ""}`;
}

function retryAfter(response: TransportResponse): number | undefined {
  const header = response.headers["retry-after"];
  if (header === undefined || !/^\d+$/.test(header)) return undefined;
  return Math.min(Number(header), maxRetryAfterSeconds);
}

/** The connection is free for others only when the answer was read. */
async function drain(response: TransportResponse): Promise<void> {
  for await (const _chunk of response.body);
}

function sleep(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel();
      reject(asError(signal?.reason));
    };
    const cancel = clock.setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted === true) abort();
  });
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error("aborted"));
