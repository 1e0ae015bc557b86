/** Posts reviews to webhooks. Connections are kept per address and CA; one that is not used any more closes by itself. */
import { isIP } from "node:net";
import { LRUCache } from "lru-cache";
import { Pool } from "undici";
import { untilAborted } from "./until-aborted.ts";

export interface WebhookCall {
  readonly url: string;
  /** PEM; empty means the system's roots. */
  readonly caBundle: string;
  readonly body: Buffer;
  readonly timeoutMs: number;
  /** The client of the request went away. */
  readonly signal: AbortSignal;
}

export interface WebhookTransport {
  /** The body of a 2xx answer; throws with Go's words for everything else. */
  post(call: WebhookCall): Promise<Buffer>;
  close(): Promise<void>;
}

export interface WebhookTransportOptions {
  readonly userAgent: string;
  /** Where a host inside the cluster is reached from outside of it; absent inside. */
  readonly dial?: (
    host: string,
    port: number,
  ) => { readonly host: string; readonly port: number } | undefined;
}

/** An answer may carry an object and a patch of it. */
const maxAnswerBytes = 6 * 1024 * 1024;

export function createWebhookTransport(options: WebhookTransportOptions): WebhookTransport {
  const pools = new LRUCache<string, Pool>({
    max: 256,
    dispose: (pool) => {
      void pool.close();
    },
  });
  const poolFor = (url: URL, caBundle: string): Pool => {
    const key = `${url.origin}\n${caBundle}`;
    let pool = pools.get(key);
    if (pool === undefined) {
      pool = openPool(url, caBundle, options);
      pools.set(key, pool);
    }
    return pool;
  };

  return {
    async post(call) {
      const url = new URL(call.url);
      url.searchParams.set("timeout", `${String(Math.round(call.timeoutMs / 1000))}s`);
      const late = AbortSignal.timeout(call.timeoutMs);
      try {
        const signal = AbortSignal.any([late, call.signal]);
        const asked = poolFor(url, call.caBundle).request({
          method: "POST",
          path: `${url.pathname}${url.search}`,
          headers: {
            host: url.host,
            "content-type": "application/json",
            accept: "application/json, */*",
            "user-agent": options.userAgent,
          },
          body: call.body,
          signal,
        });
        // A call that has no connection yet does not hear of the signal.
        const response = await untilAborted(asked, signal, ({ body }) => {
          body.destroy();
        });
        const body = await readLimited(response.body);
        if (response.statusCode >= 200 && response.statusCode < 300) return body;
        throw new AnswerError(wordsOf(response.statusCode, body));
      } catch (error) {
        if (error instanceof AnswerError) throw error;
        const why = late.aborted ? "context deadline exceeded" : isCut(error) ? "EOF" : messageOf(error);
        throw new Error(`Post ${JSON.stringify(url.href)}: ${why}`, { cause: error });
      }
    },
    async close() {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((pool) => pool.destroy()));
    },
  };
}

/** Whether the other side closed the connection instead of answering. */
const isCut = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "UND_ERR_SOCKET";

class AnswerError extends Error {}

function openPool(url: URL, caBundle: string, { dial }: WebhookTransportOptions): Pool {
  const port = url.port === "" ? 443 : Number(url.port);
  const other = dial?.(url.hostname, port);
  const origin = other === undefined ? url.origin : `https://${other.host}:${String(other.port)}`;
  return new Pool(origin, {
    connections: 32,
    allowH2: false,
    connect: {
      // An address is not a name; certificates for one are checked without it.
      ...(isIP(url.hostname.replace(/^\[|\]$/g, "")) === 0 ? { servername: url.hostname } : {}),
      ...(caBundle === "" ? {} : { ca: caBundle }),
    },
  });
}

async function readLimited(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new Error("the answer is too large");
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

function wordsOf(status: number, body: Buffer): string {
  if (status === 404) return "the server could not find the requested resource";
  if (status === 401) return "Unauthorized";
  const text = body.toString("utf8", 0, 2048).trim();
  return status >= 500
    ? `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`
    : `the server rejected our request for an unknown reason`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
