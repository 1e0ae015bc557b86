/** The same requests as streams of one HTTP/2 connection. */
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { connect } from "node:http2";
import type { Credentials, Sender, WireRequest, WireResponse, WireStream } from "./wire.ts";
import { decodedBody, Lines, patience } from "./wire.ts";

/** A connection to one server as one user. */
export class Http2Wire implements Sender {
  readonly #credentials: Credentials;
  readonly #session: ClientHttp2Session;
  #uncertified: ClientHttp2Session | undefined;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
    const { cert, key } = credentials;
    this.#session = this.#connect({ cert, key });
  }

  async send(wanted: WireRequest): Promise<WireResponse> {
    const { stream, response } = await this.#start(wanted);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return { ...response, body: decodedBody(response, Buffer.concat(chunks)) };
  }

  async open(wanted: WireRequest): Promise<WireStream> {
    const { stream, response } = await this.#start(wanted);
    const lines = new Lines(stream, response);
    const close = (): void => {
      stream.destroy();
    };
    if (response.status !== 200) {
      const all = await lines.lines(1_000_000, patience);
      return { response: { ...response, body: all.join("\n") }, lines: async () => [], close };
    }
    return { response, lines: (count, milliseconds) => lines.lines(count, milliseconds), close };
  }

  close(): void {
    this.#session.destroy();
    this.#uncertified?.destroy();
  }

  #connect(certificate: Partial<Credentials>): ClientHttp2Session {
    const { url, ca } = this.#credentials;
    // Node counts bodies that were answered before they were read, and has enough after 10 megabytes of them.
    const session = connect(url, { ca, ...certificate, maxSessionMemory: 1000 });
    // What fails on the connection fails its streams, too, and is told there.
    session.on("error", () => undefined);
    return session;
  }

  #sessionFor(isUncertified: boolean): ClientHttp2Session {
    if (!isUncertified) return this.#session;
    // kube-apiserver ends a connection on which it did not find out who somebody is.
    if (this.#uncertified === undefined || this.#uncertified.closed || this.#uncertified.destroyed)
      this.#uncertified = this.#connect({});
    return this.#uncertified;
  }

  #start(wanted: WireRequest): Promise<{ stream: ClientHttp2Stream; response: WireResponse }> {
    const { method, path, headers, body, isUncertified = false } = wanted;
    const length = body === undefined ? {} : { "content-length": String(body.length) };
    return new Promise((resolve, reject) => {
      // Without being told, Node sends no body with a DELETE.
      const options = { endStream: body === undefined };
      const stream = this.#sessionFor(isUncertified).request(
        { ":method": method, ":path": path, ...headers, ...length },
        options,
      );
      stream.on("response", (received) => {
        resolve({ stream, response: head(received) });
      });
      stream.on("error", (error: Error) => {
        reject(new Error(`${method} ${path}: ${error.message}`, { cause: error }));
      });
      if (body !== undefined) stream.end(body);
    });
  }
}

function head(received: IncomingHttpHeaders): WireResponse {
  const { ":status": status, ...rest } = received as IncomingHttpHeaders & { ":status"?: number };
  const headers = Object.entries(rest).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? ""]).map((one): [string, string] => [name, one]),
  );
  return { status: status ?? 0, headers, body: "" };
}
