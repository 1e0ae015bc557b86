import { Pool } from "undici";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

export interface HttpTransportOptions {
  /** `https://host:port`; a path is not supported. */
  readonly origin: string;
  /** PEM bundle the server's certificate must chain to; absent means the system's roots. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Read for every request, since tokens of service accounts rotate. */
  readonly token?: () => Promise<string>;
  /** Connections kept to the server; watches take one each beside them. */
  readonly connections?: number;
}

/** The time a call that is no watch may take until its headers arrive, and between two chunks. */
const callTimeoutMs = 65_000;

/**
 * A transport over HTTP/1.1. Node's HTTP/2 client is not used: long watches on it have leaked memory in others' soak
 * tests. Watches have a pool of their own without a limit between chunks, so they never starve the calls.
 */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  const connect = {
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.cert === undefined ? {} : { cert: options.cert }),
    ...(options.key === undefined ? {} : { key: options.key }),
  };
  const calls = new Pool(options.origin, {
    connect,
    connections: options.connections ?? 32,
    headersTimeout: callTimeoutMs,
    bodyTimeout: callTimeoutMs,
  });
  const watches = new Pool(options.origin, {
    connect,
    connections: null,
    headersTimeout: callTimeoutMs,
    bodyTimeout: 0,
  });

  return {
    async request(request: TransportRequest): Promise<TransportResponse> {
      const pool = request.isLongRunning === true ? watches : calls;
      const token = options.token === undefined ? undefined : await options.token();
      const response = await pool.request({
        method: request.method,
        path: request.path,
        headers: { ...request.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
        body: request.body ?? null,
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
      return { status: response.statusCode, headers: joinHeaders(response.headers), body: response.body };
    },
    async close(): Promise<void> {
      await Promise.all([calls.destroy(), watches.destroy()]);
    },
  };
}

function joinHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return joined;
}
