import { createSecureContext } from "node:tls";
import { Pool } from "undici";
import { isLease } from "./paths.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
import { maxCallsAtOnce } from "./transport.ts";
import { untilAborted } from "./until-aborted.ts";

/** How a connection and its requests prove who they are. */
export interface ConnectionCredentials {
  /** PEM bundle the server's certificate must chain to; absent means the system's roots. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name in the server's certificate, where it is not the host of the origin. */
  readonly serverName?: string;
  /** Takes any certificate of the server. Never set by default. */
  readonly skipVerify?: boolean;
  /** Sent with every request: Authorization and the like. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpTransportOptions {
  /** `https://host:port`, with the path the API is served under where it has one. */
  readonly origin: string;
  /** PEM bundle the server's certificate must chain to; absent means the system's roots. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Read for every request, since tokens of service accounts rotate. */
  readonly token?: () => Promise<string>;
  /** Asked for at every request instead of the four above; new certificates make new connections. */
  readonly credentials?: () => Promise<ConnectionCredentials>;
  /** Connections kept to the server; watches and calls about leases have their own beside them. */
  readonly connections?: number;
}

/** The time a call that is no watch may take until its headers arrive, and between two chunks. */
const callTimeoutMs = 65_000;
/** A connection nobody uses is kept for so long: less than load balancers and API servers keep it. */
const idleMs = 30_000;
/** A peer that is gone without a word is asked for after so much silence, and given up some seconds later. */
const keepAliveInitialDelay = 30_000;

/**
 * Connections of one TLS identity. Watches have a pool without a limit between chunks, so they never starve the calls;
 * calls about leases have one, so that no number of other calls makes a leader late.
 */
interface Pools {
  readonly identity: string;
  readonly calls: Pool;
  readonly leases: Pool;
  readonly watches: Pool;
}

/**
 * A transport over HTTP/1.1. Node's HTTP/2 client is not used: long watches on it have leaked memory in others' soak
 * tests.
 */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { origin, pathname } = new URL(options.origin);
  const base = pathname.replace(/\/$/, "");
  const credentials = options.credentials ?? (() => plainCredentials(options));
  const retiring = new Set<Pool>();
  let pools: Pools | undefined;

  const poolsFor = (current: ConnectionCredentials): Pools => {
    const { headers: _, ...tls } = current;
    const identity = JSON.stringify(tls);
    if (pools?.identity === identity) return pools;
    if (pools !== undefined) retire(poolsOf(pools));
    pools = { identity, ...openPools(origin, tls, options.connections ?? maxCallsAtOnce) };
    return pools;
  };
  // What runs on old connections ends in peace.
  const retire = (old: readonly Pool[]): void => {
    for (const pool of old) {
      retiring.add(pool);
      void pool.close().finally(() => retiring.delete(pool));
    }
  };

  return {
    async request(request: TransportRequest): Promise<TransportResponse> {
      const current = await credentials();
      const { signal } = request;
      const asked = poolOf(poolsFor(current), request).request({
        method: request.method,
        path: `${base}${request.path}`,
        headers: { ...request.headers, ...current.headers },
        body: request.body ?? null,
        ...(signal === undefined ? {} : { signal }),
      });
      // A call that has no connection yet does not hear of the signal.
      const response = await (signal === undefined
        ? asked
        : untilAborted(asked, signal, ({ body }) => {
            body.destroy();
          }));
      return { status: response.statusCode, headers: joinHeaders(response.headers), body: response.body };
    },
    async close(): Promise<void> {
      const open = pools === undefined ? [] : poolsOf(pools);
      await Promise.all([...open, ...retiring].map((pool) => pool.destroy()));
    },
  };
}

const poolsOf = ({ calls, leases, watches }: Pools): readonly Pool[] => [calls, leases, watches];

function poolOf({ calls, leases, watches }: Pools, { isLongRunning, path }: TransportRequest): Pool {
  if (isLongRunning === true) return watches;
  return isLease(path) ? leases : calls;
}

function openPools(
  origin: string,
  tls: Omit<ConnectionCredentials, "headers">,
  connections: number,
): Omit<Pools, "identity"> {
  // Reading certificates costs more than the rest of a connection.
  const secureContext = createSecureContext({ ca: tls.ca, cert: tls.cert, key: tls.key });
  const connect = {
    keepAlive: true,
    keepAliveInitialDelay,
    secureContext,
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls.skipVerify === true ? { rejectUnauthorized: false } : {}),
  };
  // With HTTP/2 in question, all calls wait until one connection is open, and then share it.
  const shared = { connect, allowH2: false, headersTimeout: callTimeoutMs, keepAliveTimeout: idleMs };
  return {
    calls: new Pool(origin, { ...shared, connections, bodyTimeout: callTimeoutMs }),
    leases: new Pool(origin, { ...shared, connections: null, bodyTimeout: callTimeoutMs }),
    watches: new Pool(origin, { ...shared, connections: null, bodyTimeout: 0 }),
  };
}

async function plainCredentials(options: HttpTransportOptions): Promise<ConnectionCredentials> {
  const { ca, cert, key } = options;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(options.token === undefined ? {} : { headers: { authorization: `Bearer ${await options.token()}` } }),
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
