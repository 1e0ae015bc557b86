/**
 * Fairness towards the API server without a fixed rate: as many calls at once as the server bears. The limit halves when
 * the server says "too many requests" and grows by one call per round trip while it does not; until Retry-After is over
 * nothing is sent. Calls that wait take turns by resource, so one busy kind never holds up the others, and leases never
 * wait at all. A refusal is an answer like any other: whoever sends a call again waits in line again.
 */
import type { Clock } from "../machinery/clock.ts";
import { FairQueue } from "./fair-queue.ts";
import { isLease } from "./paths.ts";
import { retryAfterSeconds } from "./retry-after.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
import { maxCallsAtOnce } from "./transport.ts";

export interface FairTransportOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** 0 ≤ n < 1; spreads those who were told to come back. */
  readonly random: () => number;
  readonly initialLimit?: number;
  readonly maxLimit?: number;
}

const minLimit = 1;
/** One answer, perhaps of a proxy, does not stop everything for longer. */
const maxPauseSeconds = 60;

/** Wraps a transport; watches pass at once, since they are few and last. */
export function createFairTransport(options: FairTransportOptions): Transport {
  const { transport, clock, random } = options;
  const maxLimit = options.maxLimit ?? maxCallsAtOnce;
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
  // A timer may end a little early, and nobody else would come back to those who wait.
  const startLater = (): void => {
    const left = state.notBefore - clock.now().getTime();
    if (left <= 0) startWaiting();
    else clock.setTimeout(startLater, Math.ceil(left));
  };
  const refused = (seconds: number): void => {
    const now = clock.now().getTime();
    // Answers to calls of the same burst count once.
    if (now - state.lowered >= 1000 || state.lowered === 0) {
      state.limit = Math.max(minLimit, state.limit / 2);
      state.lowered = now;
    }
    const ms = Math.min(seconds, maxPauseSeconds) * 1000 * (1 + random() / 2);
    if (now + ms > state.notBefore) {
      state.notBefore = now + ms;
      startLater();
    }
  };

  async function call(request: TransportRequest): Promise<TransportResponse> {
    const isExempt = request.isLongRunning === true || isLease(request.path);
    if (!isExempt) await enter(request);
    try {
      const response = await transport.request(request);
      // Before this call's place is free: the next one is not sent to a server that has just refused.
      if (response.status === 429) refused(retryAfterSeconds(response) ?? 0);
      else if (!isExempt) wentWell();
      return response;
    } finally {
      if (!isExempt) leave();
    }
  }

  return {
    request: call,
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

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error("aborted"));
