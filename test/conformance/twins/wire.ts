/** HTTP as it is: what was sent, what came back, nothing interpreted on the way. */
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { Agent, request } from "node:https";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import { readProtobuf, splitEvents } from "./protobuf.ts";

export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Over a connection without a client certificate. */
  readonly isUncertified?: boolean;
}

export interface WireResponse {
  readonly status: number;
  /** Names in lower case, in the order they came. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** A response that goes on. Lines are taken out as they are read. */
export interface WireStream {
  readonly response: WireResponse;
  /** The next lines: resolves with `count` of them, or fewer when the stream ends or the time is up. */
  lines(count: number, milliseconds: number): Promise<readonly string[]>;
  close(): void;
}

/** Sends requests to one server as one user. */
export interface Sender {
  /** Sends and waits for the end of the answer. */
  send(wanted: WireRequest): Promise<WireResponse>;
  /** Sends and answers as soon as there are headers. An error answer is read to its end. */
  open(wanted: WireRequest): Promise<WireStream>;
  close(): void;
}

export interface Credentials {
  readonly url: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** What an administrator's kubeconfig of one cluster and one user with a certificate says. */
export function readCredentials(kubeconfig: string): Credentials {
  const config = parse(readFileSync(kubeconfig, "utf8")) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  const text = (from: Record<string, string> | undefined, key: string): string =>
    Buffer.from(from?.[key] ?? "", "base64").toString();
  const cluster = config.clusters[0]?.cluster;
  const user = config.users[0]?.user;
  return {
    url: cluster?.["server"] ?? "",
    ca: text(cluster, "certificate-authority-data"),
    cert: text(user, "client-certificate-data"),
    key: text(user, "client-key-data"),
  };
}

/** A connection nobody uses is closed here before kube-apiserver does it, which may be just when it is used again. */
const idle = 30_000;
/** How long the rest of an answer is waited for. */
export const patience = 30_000;

/** Connections of HTTP/1.1. */
export class Wire implements Sender {
  readonly #agent: Agent;
  /** Of its own: a watch keeps its connection, and many of them would leave none to what ends them. */
  readonly #watches: Agent;
  readonly #uncertified: Agent;
  readonly #url: string;

  constructor(credentials: Credentials) {
    const { url, ca, cert, key } = credentials;
    this.#url = url;
    this.#agent = new Agent({ ca, cert, key, keepAlive: true, maxSockets: 20, timeout: idle });
    this.#watches = new Agent({ ca, cert, key });
    this.#uncertified = new Agent({ ca, keepAlive: true, timeout: idle });
  }

  async send(wanted: WireRequest): Promise<WireResponse> {
    const { incoming } = await this.#start(wanted, this.#agent);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const response = head(incoming);
    return { ...response, body: decodedBody(response, Buffer.concat(chunks)) };
  }

  async open(wanted: WireRequest): Promise<WireStream> {
    const { incoming, abort } = await this.#start(wanted, this.#watches);
    const response = head(incoming);
    const stream = new Lines(incoming, response);
    if (response.status !== 200) {
      const lines = await stream.lines(1_000_000, patience);
      return { response: { ...response, body: lines.join("\n") }, lines: async () => [], close: abort };
    }
    return { response, lines: (count, milliseconds) => stream.lines(count, milliseconds), close: abort };
  }

  close(): void {
    this.#agent.destroy();
    this.#watches.destroy();
    this.#uncertified.destroy();
  }

  #start(wanted: WireRequest, certified: Agent): Promise<{ incoming: IncomingMessage; abort: () => void }> {
    const { method, path, headers, body, isUncertified = false } = wanted;
    const length = body === undefined ? {} : { "content-length": String(body.length) };
    return new Promise((resolve, reject) => {
      const agent = isUncertified ? this.#uncertified : certified;
      const options = { method, agent, headers: { ...headers, ...length } };
      const target = new URL(this.#url);
      const outgoing = request(
        { ...options, host: target.hostname, port: target.port, path, protocol: "https:" },
        (incoming) => {
          resolve({
            incoming,
            abort: () => {
              incoming.destroy();
            },
          });
        },
      );
      outgoing.on("error", (error) => {
        reject(new Error(`${method} ${path}: ${error.message}`, { cause: error }));
      });
      outgoing.end(body);
    });
  }
}

function head(incoming: IncomingMessage): WireResponse {
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    headers.push([incoming.rawHeaders[i]!.toLowerCase(), incoming.rawHeaders[i + 1]!]);
  }
  return { status: incoming.statusCode ?? 0, headers, body: "" };
}

/** The text of a body, whatever it was packed in. */
export function decodedBody({ headers }: WireResponse, body: Buffer): string {
  const isPacked = headers.some(([name, value]) => name === "content-encoding" && value === "gzip");
  const bytes = isPacked ? gunzipSync(body) : body;
  if (!isProtobuf(headers)) return bytes.toString();
  return isStream(headers) ? splitEvents(bytes).events.join("\n") : readProtobuf(bytes);
}

const isStream = (headers: WireResponse["headers"]): boolean =>
  headers.some(([name, value]) => name === "content-type" && value.includes("stream=watch"));

const isProtobuf = (headers: WireResponse["headers"]): boolean =>
  headers.some(
    ([name, value]) => name === "content-type" && value.startsWith("application/vnd.kubernetes.protobuf"),
  );

/** The lines of a body as they come, or what the events say where it is in protobuf. */
export class Lines {
  readonly #ready: string[] = [];
  readonly #isProtobuf: boolean;
  #rest: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(incoming: Readable, { headers, status }: Pick<WireResponse, "headers" | "status">) {
    this.#isProtobuf = status === 200 && isProtobuf(headers);
    incoming.on("data", (chunk: Buffer) => {
      this.#take(Buffer.concat([this.#rest, chunk]));
      this.#wake();
    });
    const end = (): void => {
      if (!this.#ended && this.#rest.length > 0) this.#ready.push(this.#rest.toString());
      this.#ended = true;
      this.#wake();
    };
    incoming.on("end", end);
    incoming.on("error", end);
    incoming.on("close", end);
  }

  #take(bytes: Buffer): void {
    if (this.#isProtobuf) {
      const { events, rest } = splitEvents(bytes);
      this.#ready.push(...events);
      this.#rest = rest;
      return;
    }
    const end = bytes.lastIndexOf("\n") + 1;
    if (end > 0)
      this.#ready.push(
        ...bytes
          .subarray(0, end - 1)
          .toString()
          .split("\n"),
      );
    this.#rest = bytes.subarray(end);
  }

  /** The next of them: `count`, or fewer when the stream ends or the time is up. */
  async lines(count: number, milliseconds: number): Promise<readonly string[]> {
    const end = Date.now() + milliseconds;
    while (this.#ready.length < count && !this.#ended && Date.now() < end) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, end - Date.now()));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#ready.splice(0, count);
  }
}
