/**
 * The seam between the HTTP layer and everything that answers requests. A handler sees an authenticated and authorized
 * request and returns a response as bytes or as a function that writes a stream; it knows nothing of sockets.
 */
import type { UserInfo } from "../../api/meta/user.ts";
import type { Query } from "./query.ts";
import type { RequestInfo } from "./request-info.ts";

export type { Query } from "./query.ts";
export { parseQuery } from "./query.ts";
export type { RequestInfo } from "./request-info.ts";
export { resolveRequestInfo } from "./request-info.ts";

/** One request after authentication and authorization. */
export interface ApiRequest {
  readonly method: string;
  /** Path and query as they arrived. */
  readonly url: string;
  /** The decoded path. */
  readonly path: string;
  readonly query: Query;
  /** The value of a header, repeated ones joined by `, `; credentials and identity headers are never among them. */
  header(name: string): string | undefined;
  /** The whole body as it arrived; empty when there was none. */
  readonly body: Buffer;
  readonly user: UserInfo;
  /** It came through kube-apiserver, which has set some headers itself and lets nobody redirect the client. */
  readonly isProxied?: boolean;
  readonly info: RequestInfo;
  readonly auditId: string;
  /** Ends when the client went away, the deadline passed or, for streams, the server stops. */
  readonly signal: AbortSignal;
  readonly receivedAt: Date;
  /** Adds a Warning header; must happen before the response is returned. */
  warn(text: string): void;
  /** Adds an audit annotation. One that takes work is given as a function, which is called if it is written down. */
  annotate(key: string, value: string | (() => string)): void;
}

export type ResponseHeaders = Readonly<Record<string, string>>;

/** A response whose body is at hand. */
export interface BytesResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly body: Buffer | string | readonly Buffer[];
  /** Goes out as it is, however long it is and whatever the client takes. */
  readonly isNeverCompressed?: boolean;
}

/**
 * A response written over time. The headers go out before `stream` is called; the body ends when its promise is
 * fulfilled. When it rejects, the connection is cut so that no client takes the truncated body for a whole one.
 */
export interface StreamResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly stream: (sink: StreamSink) => Promise<void>;
}

export type ApiResponse = BytesResponse | StreamResponse;

/** Where a stream writes. Nothing is written after the signal ended; such writes are dropped. */
export interface StreamSink {
  /** Takes the chunk in any case; false means the buffer is above its limit and the writer should wait for drain. */
  write(chunk: Buffer): boolean;
  /** Calls once when the buffer is empty again. */
  onDrain(fn: () => void): void;
  /**
   * Calls once when it is this stream's turn to be sent; what is written then goes out together with what was written
   * before. Absent where streams have no turns.
   */
  onTurn?(fill: () => void): void;
  readonly bufferedBytes: number;
  /** Ends when the client is gone or the server stops. */
  readonly signal: AbortSignal;
}

/** Answers one request; what it throws becomes a Status. */
export type Handler = (request: ApiRequest) => Promise<ApiResponse>;
