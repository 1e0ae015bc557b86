/** Short questions to servers inside the cluster that are no Kubernetes API: one small JSON answer, or none. */
import { rootCertificates } from "node:tls";
import type { Agent } from "undici";
import { decodeJson } from "../machinery/json/decode.ts";
import type { JsonValue } from "../machinery/json/value.ts";

export interface Asker {
  /** The status and the body where it is JSON; rejects when no answer comes in time. Redirects are not followed. */
  ask(
    url: string,
    options: {
      /** PEM of authorities trusted beside the system's. */
      readonly ca?: string;
      readonly timeoutMs: number;
    },
  ): Promise<{ readonly status: number; readonly body: JsonValue | undefined }>;
  close(): Promise<void>;
}

const maxAnswerBytes = 1024 * 1024;

/** Asks with connections of its own, which are not kept: a question a minute is no reason to hold one. */
export function createAsker(userAgent: string): Asker {
  const agents = new Set<Agent>();
  return {
    async ask(url, { ca, timeoutMs }) {
      // Loaded by who asks: a server without distributions never does.
      const { Agent } = await import("undici");
      const agent = new Agent({
        pipelining: 0,
        ...(ca === undefined ? {} : { connect: { ca: [...rootCertificates, ca] } }),
      });
      agents.add(agent);
      try {
        const { origin, pathname } = new URL(url);
        const headers = { accept: "application/json", "user-agent": userAgent };
        const signal = AbortSignal.timeout(timeoutMs);
        const { statusCode, body } = await agent.request({
          origin,
          path: pathname,
          method: "GET",
          headers,
          signal,
        });
        return { status: statusCode, body: await readJson(body) };
      } finally {
        agents.delete(agent);
        await agent.destroy();
      }
    },
    async close() {
      await Promise.all([...agents].map((agent) => agent.destroy()));
    },
  };
}

async function readJson(body: AsyncIterable<Uint8Array>): Promise<JsonValue | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxAnswerBytes) throw new Error(`the answer is longer than ${String(maxAnswerBytes)} bytes`);
    chunks.push(chunk);
  }
  try {
    return decodeJson(Buffer.concat(chunks)).value;
  } catch {
    return undefined;
  }
}
