/** Sends what no well-behaved client would and judges the answer by the rules every answer obeys. */
import { Agent, request } from "node:https";
import type { Target } from "../../support/client.ts";

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface RawAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A sender over kept connections; a request without an answer rejects. */
export function rawSender(target: Target): {
  send(wanted: RawRequest): Promise<RawAnswer>;
  close(): void;
} {
  const { ca, cert, key } = target;
  const agent = new Agent({ ca, cert, key, keepAlive: true, maxSockets: 40 });
  const { hostname, port } = new URL(target.origin);
  return {
    send: ({ method, path, headers = {}, body }) =>
      new Promise((resolve, reject) => {
        const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
        const outgoing = request(
          { host: hostname, port, agent, method, path, headers: { ...headers, ...length }, timeout: 60_000 },
          (incoming) => {
            const chunks: Buffer[] = [];
            incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
            incoming.on("error", reject);
            incoming.on("end", () => {
              resolve({
                status: incoming.statusCode ?? 0,
                contentType: incoming.headers["content-type"] ?? "",
                body: Buffer.concat(chunks).toString(),
              });
            });
          },
        );
        outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in time")));
        outgoing.on("error", reject);
        outgoing.end(body);
      }),
    close: () => {
      agent.destroy();
    },
  };
}

/** Failures kube-apiserver also answers as a 500 without a reason, or as a 504 that asks to come back. */
const documented =
  /strconv\.ParseUint|resourceVersion should not be set|failed to create typed patch object|failed to create manager|Too large resource version|content is not a list|without impersonating|failed to create RequestInfo/;

/** Why the answer breaks the rules; undefined when it does not. */
export function complaint({ status, contentType, body }: RawAnswer): string | undefined {
  if (status >= 500 && !documented.test(body)) return `status ${String(status)}: ${body.slice(0, 300)}`;
  if (status < 400) return undefined;
  if (contentType.startsWith("text/plain")) {
    const isPlain = [400, 404, 429, 431].includes(status) || body.includes("failed to create RequestInfo");
    return isPlain ? undefined : `plain text with ${String(status)}`;
  }
  if (contentType.includes("yaml")) return undefined;
  if (contentType.includes("protobuf")) {
    return body.startsWith("k8s\0") ? undefined : `no protobuf with ${String(status)}`;
  }
  const value = JSON.parse(body) as Record<string, unknown>;
  const isStatus = value["kind"] === "Status" && value["status"] === "Failure" && value["code"] === status;
  return isStatus ? undefined : `no Status for ${String(status)}: ${body.slice(0, 300)}`;
}
