/**
 * The limit to compare with: a node:https server that writes given bytes and does nothing else. It reads one line of
 * JSON from standard input, prints its origin when it listens, and ends with its input.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createInterface } from "node:readline";

export interface BareServerSetup {
  readonly key: string;
  readonly cert: string;
  /** Path to a file with the bytes to answer, per URL path. */
  readonly bodies: Readonly<Record<string, string>>;
}

const lines = createInterface({ input: process.stdin });
lines.once("line", (line) => {
  const setup = JSON.parse(line) as BareServerSetup;
  const bodies = new Map(Object.entries(setup.bodies).map(([path, file]) => [path, readFileSync(file)]));
  const server = createServer({ key: setup.key, cert: setup.cert }, (request, response) => {
    const body = bodies.get(request.url ?? "");
    if (body === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (address !== null && typeof address === "object") {
      process.stdout.write(`https://127.0.0.1:${String(address.port)}\n`);
    }
  });
});
lines.once("close", () => process.exit(0));
