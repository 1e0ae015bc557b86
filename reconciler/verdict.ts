import type { FailureClass } from "./failure.ts";
import { classify } from "./failure.ts";
import { KindNotServedError } from "./execute.ts";

/** Whether and when to look again; undefined: when something changes. */
export interface Verdict {
  readonly failure?: FailureClass;
  readonly error?: unknown;
  readonly againAt?: Date;
}

/** What a failed action means for the next pass. */
export const verdictOf = (error: unknown): Verdict =>
  // The kind's arrival is an event of its own.
  error instanceof KindNotServedError ? {} : { failure: classify(error), error };

/** The first of several times, of which some may not be. */
export function earliest(...times: readonly (Date | undefined)[]): Date | undefined {
  return times.reduce<Date | undefined>(
    (first, time) => (first === undefined || (time !== undefined && time < first) ? time : first),
    undefined,
  );
}
