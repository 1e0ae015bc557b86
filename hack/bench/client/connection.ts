import type { OnReadOpts } from "node:net";
import { connect } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import type { Target } from "./jobs.ts";
import { ResponseReader } from "./response-reader.ts";

export interface Answer {
  readonly status: number;
  readonly bytes: number;
  /** Empty unless it was to be kept, or the request failed. */
  readonly body: string;
}

/** What a request without a body, or with one, looks like on the wire. */
export function encodeRequest(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): string {
  const length = body === undefined ? "" : `content-length: ${String(Buffer.byteLength(body))}\r\n`;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${lines.join("")}${length}\r\n${body ?? ""}`;
}

/** One connection, kept alive, that has one request under way at a time. */
export class Connection {
  readonly #socket: TLSSocket;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #keeps = false;
  #onBody: ((slice: Buffer) => void) | undefined;
  #settle: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;

  private constructor(open: (take: (data: Buffer) => void) => TLSSocket) {
    const reader = new ResponseReader({
      body: (slice) => {
        this.#bytes += slice.length;
        this.#onBody?.(slice);
        if (this.#keeps || this.#bytes <= 2048) this.#chunks.push(Buffer.from(slice));
      },
      end: (status) => {
        const answer = { status, bytes: this.#bytes, body: this.#kept(status) };
        this.#chunks.length = 0;
        this.#bytes = 0;
        const waiting = this.#settle;
        this.#settle = undefined;
        waiting?.resolve(answer);
      },
    });
    const socket = open((data) => {
      reader.push(data);
    });
    this.#socket = socket;
    socket.on("error", (error: Error) => this.#settle?.reject(error));
    socket.on("close", () => this.#settle?.reject(new Error("the server closed the connection")));
  }

  static open(target: Target): Promise<Connection> {
    const { hostname, port } = new URL(target.origin);
    const { ca, cert, key } = target;
    return new Promise((resolve, reject) => {
      const connection = new Connection((take) => {
        const options: ConnectionOptions & { readonly onread: OnReadOpts } = {
          host: hostname,
          port: Number(port),
          ca,
          cert,
          key,
          ALPNProtocols: ["http/1.1"],
          checkServerIdentity,
          // Without streams in between, which cost more than what is measured.
          onread: {
            buffer: received,
            callback: (size) => {
              take(received.subarray(0, size));
              return true;
            },
          },
        };
        return connect(options, () => {
          connection.#socket.off("error", reject);
          connection.#socket.setNoDelay(true);
          resolve(connection);
        });
      });
      connection.#socket.once("error", reject);
    });
  }

  /** Sends a request; resolves when the whole answer is there. */
  exchange(request: string | Buffer, keepsBody = false): Promise<Answer> {
    this.#keeps = keepsBody;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(request);
    });
  }

  /** Sends a request whose answer goes on until the connection is closed, and hands on its slices; `end`: by the server. */
  follow(
    request: string,
    { body, end = () => undefined }: { readonly body: (slice: Buffer) => void; readonly end?: () => void },
  ): void {
    this.#onBody = body;
    this.#settle = { resolve: end, reject: end };
    this.#socket.write(request);
  }

  close(): void {
    this.#settle = undefined;
    this.#socket.destroy();
  }

  #kept(status: number): string {
    return this.#keeps || status >= 300 ? Buffer.concat(this.#chunks).toString("utf8") : "";
  }
}

/** The servers are reached by their address, whatever their certificates call them. */
const checkServerIdentity = (): undefined => undefined;

/** What was read last, whoever it is for. */
const received = Buffer.allocUnsafeSlow(64 * 1024);
