/**
 * The limit to compare with: a node:https server that writes given bytes and does nothing else but, for a request with a
 * body, read and parse that. It ends with its parent.
 */
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer } from "node:https";

export interface BareSetup {
  readonly key: string;
  readonly cert: string;
}

/** The bytes a path is answered with from now on. */
export interface BareBody {
  readonly path: string;
  readonly file: string;
}

const bodies = new Map<string, Buffer>();

const sliceBytes = 256 * 1024;

/** A large body goes out slice by slice: what is written at once is encrypted at once, and dozens of MiB cost ten times as much. */
function send(response: ServerResponse, body: Buffer, from: number): void {
  const to = from + sliceBytes;
  if (to >= body.length) {
    response.end(from === 0 ? body : body.subarray(from));
    return;
  }
  response.write(body.subarray(from, to), () => {
    send(response, body, to);
  });
}

function listen({ key, cert }: BareSetup): void {
  const server = createServer({ key, cert }, (request, response) => {
    const body = bodies.get(request.url ?? "");
    const answer = (): void => {
      if (body === undefined) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
      send(response, body, 0);
    };
    if (request.method === "GET") {
      answer();
      return;
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      JSON.parse(Buffer.concat(chunks).toString("utf8"));
      answer();
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (address !== null && typeof address === "object") process.send?.(address.port);
  });
}

process.on("message", (message: BareSetup | BareBody) => {
  if ("key" in message) {
    listen(message);
    return;
  }
  bodies.set(message.path, readFileSync(message.file));
  process.send?.(0);
});
process.on("disconnect", () => process.exit(0));
