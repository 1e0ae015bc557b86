import type { Clock } from "../machinery/clock.ts";

/**
 * A value that is read again when it is older than `ms`. Concurrent callers share one read; while a fresh read fails the
 * last value goes on being used, and only a first read that fails is thrown.
 */
export function rereadEvery<T>(ms: number, clock: Clock, read: () => Promise<T>): () => Promise<T> {
  let known: { readonly value: T; readonly until: number } | undefined;
  let reading: Promise<T> | undefined;
  const renew = async (): Promise<T> => {
    try {
      const value = await read();
      known = { value, until: clock.now().getTime() + ms };
      return value;
    } catch (error) {
      if (known === undefined) throw error;
      return known.value;
    } finally {
      reading = undefined;
    }
  };
  return () => {
    if (known !== undefined && clock.now().getTime() < known.until) return Promise.resolve(known.value);
    reading ??= renew();
    return reading;
  };
}
