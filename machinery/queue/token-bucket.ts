import type { Clock } from "../clock.ts";

/** A limiter of rates: `qps` on average, `burst` at once. */
export interface TokenBucket {
  /** Takes a token if there is one. */
  tryAccept(): boolean;
  /** Takes the next token, waiting for it if need be; waiters are served in order. Rejects when aborted. */
  accept(signal?: AbortSignal): Promise<void>;
}

/** A full bucket. */
export function createTokenBucket(options: { qps: number; burst: number; clock: Clock }): TokenBucket {
  const { qps, burst, clock } = options;
  let tokens = burst;
  let filledAt = clock.now().getTime();
  const refill = (): void => {
    const now = clock.now().getTime();
    tokens = Math.min(burst, tokens + ((now - filledAt) / 1000) * qps);
    filledAt = now;
  };
  return {
    tryAccept() {
      refill();
      // Refilling in many small steps may leave a token short by a rounding error.
      if (tokens < 1 - 1e-9) return false;
      tokens -= 1;
      return true;
    },
    async accept(signal) {
      signal?.throwIfAborted();
      refill();
      // A negative balance is the debt of those who wait already.
      tokens -= 1;
      if (tokens >= -1e-9) return;
      await new Promise<void>((resolve, reject) => {
        const abort = (): void => {
          cancel();
          tokens += 1;
          reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
        };
        const cancel = clock.setTimeout(
          () => {
            signal?.removeEventListener("abort", abort);
            resolve();
          },
          Math.ceil((-tokens / qps) * 1000),
        );
        signal?.addEventListener("abort", abort, { once: true });
      });
    },
  };
}
