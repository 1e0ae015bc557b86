/** Delays that grow with each failure of an item, as client-go's exponential failure rate limiter. */
export interface Backoff<T> {
  /** Counts a failure and answers how many milliseconds to wait. */
  next(item: T): number;
  /** The item is well again. */
  forget(item: T): void;
  failures(item: T): number;
}

export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** Up to this share of the delay is added by chance; 0 by default. */
  readonly jitter?: number;
  /** Uniform in [0, 1); needed with jitter. */
  readonly random?: () => number;
}

/** Doubles from `baseMs` to `maxMs`; jitter may exceed the maximum. */
export function exponentialBackoff<T>(options: BackoffOptions): Backoff<T> {
  const { baseMs, maxMs, jitter = 0, random = () => 0 } = options;
  const failures = new Map<T, number>();
  return {
    next(item) {
      const count = failures.get(item) ?? 0;
      failures.set(item, count + 1);
      return Math.min(baseMs * 2 ** count, maxMs) * (1 + jitter * random());
    },
    forget(item) {
      failures.delete(item);
    },
    failures: (item) => failures.get(item) ?? 0,
  };
}
