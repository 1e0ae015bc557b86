/** A callback is counted apart: refused for the writes under way, it would refuse the very write that waits for it. */
export interface CallbackLimits {
  /** What is called back with holds objects several times over, or many of them. */
  readonly bodyBytes: number;
}

/** Every limit of the HTTP layer in one place; none is left to a default of Node or Fastify. */
export interface Limits {
  /** The largest request body. */
  readonly bodyBytes: number;
  /** Paths whose callers are API servers in the middle of a request of their own. */
  readonly callbacks?: ReadonlyMap<string, CallbackLimits>;
  /** How long a request that is no stream may take; `?timeout=` shortens it. */
  readonly requestTimeoutMs: number;
  /** Requests answered at once, reads and writes apart; streams do not count. 0 is no limit. */
  readonly readsInFlight: number;
  readonly writesInFlight: number;
  readonly callbacksInFlight: number;
  /** A stream's writer is told to wait when more than this is buffered for a client. */
  readonly streamBufferBytes: number;
  /** Bodies larger than this are compressed for clients that accept gzip; absent is never. */
  readonly gzipAboveBytes?: number;
  /** All header lines of a request together. */
  readonly headerBytes: number;
  readonly headerPairs: number;
  /** Streams on one HTTP/2 connection at once. */
  readonly streamsPerConnection: number;
  readonly http2SessionMegabytes: number;
  /** A connection without any request on it is closed after this. */
  readonly idleConnectionMs: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeoutMs: number;
  /** On stop, running requests get this long. */
  readonly drainMs: number;
  /** On stop, streams get this long to end by themselves before they are ended. */
  readonly streamEndMs: number;
  /** After the end of a lasting stream, the client gets this long to take what is still buffered for it. */
  readonly streamFlushMs: number;
  /** After an answer to a request whose body is not read, the client gets this long to stop sending. */
  readonly lingerMs: number;
}

export const defaultLimits: Limits = {
  bodyBytes: 3 * 1024 * 1024,
  requestTimeoutMs: 60_000,
  readsInFlight: 400,
  writesInFlight: 200,
  // Each kube-apiserver limits what it has in flight; there may be several of them.
  callbacksInFlight: 2000,
  streamBufferBytes: 1024 * 1024,
  gzipAboveBytes: 128 * 1024,
  headerBytes: 1024 * 1024,
  headerPairs: 4096,
  streamsPerConnection: 2000,
  http2SessionMegabytes: 1024,
  idleConnectionMs: 600_000,
  headersTimeoutMs: 32_000,
  drainMs: 60_000,
  streamEndMs: 500,
  streamFlushMs: 30_000,
  lingerMs: 500,
};
