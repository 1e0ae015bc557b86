import { isApiError } from "../../../api/errors/api-error.ts";
import { untyped } from "../../../api/errors/catalogue.ts";
import type { Clock } from "../../../machinery/clock.ts";
import { isStorageError, StorageError } from "../store.ts";

/** What a failed call to the host means for the write it was. */
export type Failure =
  /** Not done: the record is at another revision, exists already, or is gone. */
  | { readonly kind: "stale" }
  /** Not done, and worth trying again after a while. */
  | { readonly kind: "later"; readonly afterMs: number }
  /** Not done, and trying again will not help. */
  | { readonly kind: "refused"; readonly error: Error }
  /** Nobody knows: the host may have done it, or may still do it. */
  | { readonly kind: "unknown"; readonly error: unknown };

/** Reads the failure of a create or an update of a record. */
export function failureOf(error: unknown, recordName: string): Failure {
  if (!isApiError(error)) return { kind: "unknown", error };
  const { code, reason, details } = error;
  if (code === 409) return { kind: "stale" };
  // A 404 without our name is about the kind or the namespace: the store is not set up, nothing is known of the record.
  if (reason === "NotFound" && details?.name === recordName) return { kind: "stale" };
  if (code === 429) return { kind: "later", afterMs: (details?.retryAfterSeconds ?? 1) * 1000 };
  if (code === 413 || /request is too large|larger than max/.test(error.message)) {
    return { kind: "refused", error: untyped("etcdserver: request is too large") };
  }
  if (code >= 500 || code < 400) return { kind: "unknown", error };
  const why = `the host refused a record: ${error.message}`;
  return { kind: "refused", error: new StorageError("Unavailable", "", why, error) };
}

/** Whether the host says that there is no record of this name. */
export const isMissing = (error: unknown, recordName: string): boolean =>
  isApiError(error, "NotFound") && error.details?.name === recordName;

/** Any failure of a read as what the store throws for it. */
export function unavailable(error: unknown, what: string): StorageError {
  if (isStorageError(error)) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new StorageError("Unavailable", "", `${what}: ${why}`, error);
}

/** What is run, or Unavailable after the time; then the signal tells what is run that nobody waits any more. */
export async function within<T>(
  clock: Clock,
  ms: number,
  what: string,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const given = new AbortController();
  const cancel = clock.setTimeout(() => {
    const error = new StorageError("Unavailable", "", `${what} took longer than ${ms} ms`);
    given.abort(error);
    reject(error);
  }, ms);
  try {
    return await Promise.race([run(given.signal), late]);
  } finally {
    cancel();
  }
}
