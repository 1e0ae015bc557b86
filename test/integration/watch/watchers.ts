/**
 * Watchers over real connections, many of them in one process: each notes the resourceVersions it sees, in their order,
 * or reads nothing at all until it is told to.
 */
import { once } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { connect } from "node:http2";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import type { Readable } from "node:stream";
import type { Target } from "../../support/client.ts";

/** Only metadata, so that a thousand watchers are about connections and order, not about bytes. */
export const metadataOnly = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const everything = "application/json";

/** One watch as its client sees it. */
export class Watcher {
  readonly #body: Readable;
  readonly revisions: string[] = [];
  /** What the stream said instead of going on. */
  error: string | undefined;
  isOver = false;
  #rest = "";

  constructor(body: Readable) {
    this.#body = body;
    body.on("error", () => undefined);
    body.on("close", () => {
      this.isOver = true;
    });
    body.pause();
  }

  /** Begins to take what comes. */
  read(): this {
    this.#body.setEncoding("utf8");
    this.#body.on("data", (text: string) => {
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
    });
    this.#body.resume();
    return this;
  }

  close(): void {
    this.#body.destroy();
  }

  #take(line: string): void {
    if (line.startsWith('{"type":"ERROR"')) this.error = line;
    else this.revisions.push(/"resourceVersion":"(\d+)"/.exec(line)?.[1] ?? line);
  }
}

/** Opens watches over HTTP/1.1, each on a connection of its own. */
export function http1Watches(target: Target): {
  open(path: string, accept?: string): Promise<Watcher>;
  close(): void;
} {
  const agent = new Agent({ ca: target.ca, cert: target.cert, key: target.key, keepAlive: true });
  return {
    async open(path, accept = everything) {
      const outgoing = request(new URL(path, target.origin), { agent, headers: { accept } }).end();
      const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
      if (incoming.statusCode !== 200) throw new Error(`${path}: ${String(incoming.statusCode)}`);
      return new Watcher(incoming);
    },
    close() {
      agent.destroy();
    },
  };
}

/** Opens watches as streams of one connection of HTTP/2. */
export function http2Watches(target: Target): {
  open(path: string, accept?: string): Promise<Watcher>;
  close(): void;
} {
  const { ca, cert, key } = target;
  const session: ClientHttp2Session = connect(target.origin, { ca, cert, key });
  session.on("error", () => undefined);
  session.on("connect", () => {
    // As clients do: one stream that is not read must not use up what all streams may have on their way.
    session.setLocalWindowSize(16 * 1024 * 1024);
  });
  return {
    async open(path, accept = everything) {
      const stream = session.request({ ":path": path, accept });
      const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
      if (headers[":status"] !== 200) throw new Error(`${path}: ${String(headers[":status"])}`);
      return new Watcher(stream);
    },
    close() {
      session.destroy();
    },
  };
}
