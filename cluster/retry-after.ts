import type { TransportResponse } from "./transport.ts";

/** The whole seconds a server asks to wait; undefined when it does not, or says so by a date, which client-go ignores too. */
export function retryAfterSeconds({ headers }: TransportResponse): number | undefined {
  const header = headers["retry-after"];
  return header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}
