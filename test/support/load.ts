/** Many requests at a steady rate, as many clients with connections of their own would send them. */
import { Agent, request } from "node:https";

export interface LoadAnswer {
  /** 0 when the connection failed before there was an answer. */
  readonly status: number;
  readonly text: string;
}

export interface LoadClient {
  /** The body is JSON; that of a PATCH is a merge patch. */
  send(url: string, method: string, body?: object): Promise<LoadAnswer>;
  close(): void;
}

export interface LoadOptions {
  readonly cert: string;
  readonly key: string;
  /** Trusted for the server; without it its certificate is not looked at. */
  readonly ca?: () => string;
  /** The name the server's certificate must be for. */
  readonly servername?: string;
  /** False opens a connection for each request. */
  readonly keepAlive: boolean;
}

/** Requests as one user. */
export function createLoadClient({ cert, key, ca, servername, keepAlive }: LoadOptions): LoadClient {
  const agent = new Agent({ keepAlive, maxSockets: 32 });
  return {
    send: (url, method, body) =>
      new Promise((resolve) => {
        const failed = (error: Error): void => {
          resolve({ status: 0, text: error.message });
        };
        const outgoing = request(
          url,
          {
            agent,
            method,
            cert,
            key,
            ...(ca === undefined ? { rejectUnauthorized: false } : { ca: ca() }),
            ...(servername === undefined ? {} : { servername }),
            headers: {
              "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
            },
            timeout: 30_000,
          },
          (incoming) => {
            const chunks: Buffer[] = [];
            incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
            incoming.on("error", failed);
            incoming.on("end", () => {
              resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
            });
          },
        );
        outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in time")));
        outgoing.on("error", failed);
        outgoing.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    close() {
      agent.destroy();
    },
  };
}

/**
 * Starts so many pieces of work each second, whether those before have ended or not, until it is over; resolves when all
 * have ended.
 */
export async function atRate(
  perSecond: number,
  isOver: () => boolean,
  work: (n: number) => Promise<void>,
): Promise<void> {
  const start = Date.now();
  const running = new Set<Promise<void>>();
  for (let n = 0; !isOver(); n += 1) {
    const due = start + (n * 1000) / perSecond - Date.now();
    if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
    const piece = work(n).finally(() => running.delete(piece));
    running.add(piece);
  }
  await Promise.all(running);
}
