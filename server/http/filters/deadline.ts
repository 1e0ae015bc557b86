/** How long a request may take: the server's limit, or less when `?timeout=` says so. */
import { badRequest, timeout } from "../../../api/errors/catalogue.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { Query } from "../query.ts";
import { parseGoDuration } from "./go-duration.ts";

/** Milliseconds from the arrival of the request; throws BadRequest for a timeout that cannot be read. */
export function timeoutOf(query: Query, maximumMs: number): number {
  const text = query.get("timeout");
  if (text === undefined || text === "") return maximumMs;
  let asked: number;
  try {
    asked = parseGoDuration(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(`invalid timeout specified in the request URL - ${why}`);
  }
  return asked > 0 && asked < maximumMs ? asked : maximumMs;
}

/** The 504 of a request that ran out of time. */
export const deadlineExceeded = (): Error =>
  timeout("request did not complete within requested timeout - context deadline exceeded");

/** Settles as the work does, unless time runs out first: then `onExpired` is called and the promise rejects. */
export function withDeadline<T>(work: Promise<T>, limit: Deadline): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = limit.clock.setTimeout(() => {
      const error = deadlineExceeded();
      limit.onExpired(error);
      reject(error);
    }, limit.ms);
    work.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}

export interface Deadline {
  readonly clock: Clock;
  readonly ms: number;
  readonly onExpired: (error: Error) => void;
}
