/**
 * The seam between the client and whatever answers it: a real API server over HTTP, or the server in this process.
 * A transport authenticates by itself; the client only shapes requests and reads answers.
 */
export interface Transport {
  /** Rejects only when no answer came (connection refused, aborted); any HTTP status is an answer. */
  request(request: TransportRequest): Promise<TransportResponse>;
  close(): Promise<void>;
}

/** Calls open to one server at most, watches and calls about leases apart: so many connections, and so many sent at once. */
export const maxCallsAtOnce = 64;

export interface TransportRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly signal?: AbortSignal;
  /** A watch: no limit on the time between two chunks. */
  readonly isLongRunning?: boolean;
}

export interface TransportResponse {
  readonly status: number;
  /** Lower-case names; repeated headers joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Must be read to the end or destroyed by leaving the loop. */
  readonly body: AsyncIterable<Uint8Array>;
}
