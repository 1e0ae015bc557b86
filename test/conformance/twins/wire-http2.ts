/** The same requests as streams of one HTTP/2 connection. */
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { connect } from "node:http2";
import type { Credentials, Sender, WireRequest, WireResponse, WireStream } from "./wire.ts";
import { decodedBody, Lines } from "./wire.ts";

/** A connection to one server as one user. */
export class Http2Wire implements Sender {
  readonly #session: ClientHttp2Session;

  constructor({ url, ca, cert, key }: Credentials) {
    // Node counts bodies that were answered before they were read, and has enough after 10 megabytes of them.
    this.#session = connect(url, { ca, cert, key, maxSessionMemory: 1000 });
    // What fails on the connection fails its streams, too, and is told there.
    this.#session.on("error", () => undefined);
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
      const all = await lines.lines(1_000_000, 5000);
      return { response: { ...response, body: all.join("\n") }, lines: async () => [], close };
    }
    return { response, lines: (count, milliseconds) => lines.lines(count, milliseconds), close };
  }

  close(): void {
    this.#session.destroy();
  }

  #start(wanted: WireRequest): Promise<{ stream: ClientHttp2Stream; response: WireResponse }> {
    const { method, path, headers, body } = wanted;
    const length = body === undefined ? {} : { "content-length": String(body.length) };
    return new Promise((resolve, reject) => {
      // Without being told, Node sends no body with a DELETE.
      const options = { endStream: body === undefined };
      const stream = this.#session.request(
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
