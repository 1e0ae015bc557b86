import type { Clock } from "../machinery/clock.ts";
import { retryAfterSeconds } from "./retry-after.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

/** How often one request is sent at most, and how long it waits in all. */
const attempts = 10;
const patienceMs = 60_000;

/**
 * Sends a request, again when the server asks for that by Retry-After. A 429 is refused unread, so even a write may be
 * repeated; after a 5xx only reads and watches are, since nobody knows what became of a write. What would take too long
 * is answered as it is. The only place where requests are repeated.
 */
export async function sendPatiently(
  transport: Transport,
  request: TransportRequest,
  clock: Clock,
): Promise<TransportResponse> {
  let waited = 0;
  for (let attempt = 1; ; attempt += 1) {
    const response = await transport.request(request);
    const ms = waitMs(request, response);
    if (ms === undefined || attempt === attempts || waited + ms > patienceMs) return response;
    await drain(response);
    await sleep(clock, ms, request.signal);
    waited += ms;
  }
}

function waitMs({ method }: TransportRequest, response: TransportResponse): number | undefined {
  const { status } = response;
  if (status !== 429 && !(status >= 500 && method === "GET")) return undefined;
  const seconds = retryAfterSeconds(response);
  return seconds === undefined ? undefined : seconds * 1000;
}

/** The connection is free for others only when the answer was read. */
async function drain(response: TransportResponse): Promise<void> {
  for await (const _chunk of response.body);
}

function sleep(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel();
      reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
    };
    const cancel = clock.setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted === true) abort();
  });
}
