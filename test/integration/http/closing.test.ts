/** What a server that closes still owes to clients that would have kept their connection. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { afterEach, expect, test } from "vitest";
import type { Handler } from "../../../server/http/api-request.ts";
import type { Fixture, FixtureOptions } from "./server-fixture.ts";
import { address, startFixture } from "./server-fixture.ts";

let fixture: Fixture | undefined;
let agent: Agent | undefined;
afterEach(async () => {
  agent?.destroy();
  await fixture?.stop();
  [fixture, agent] = [undefined, undefined];
});
const start = async (options: FixtureOptions): Promise<Fixture> => (fixture = await startFixture(options));

/** An answer whose headers are there; its body is read from when it is asked for. */
async function open(at: Fixture, path: string): Promise<IncomingMessage> {
  agent ??= new Agent({ keepAlive: true });
  const made = httpsRequest({ host: address, port: at.port, path, ca: at.clientPki.ca.cert, agent });
  made.end();
  const [response] = (await once(made, "response")) as [IncomingMessage];
  return response;
}
async function sizeOf(response: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of response) bytes += (chunk as Buffer).length;
  return bytes;
}

/** More than the sockets on the way take. */
const large = 32 * 1024 * 1024;
const half = Buffer.alloc(large / 2, "x");
const streamed: Handler = async () => ({
  status: 200,
  headers: {},
  stream: async (sink) => {
    sink.write(half);
    sink.write(half);
  },
});
/** A watch with more to say when it is told to end. */
const lastWords: Handler = async () => ({
  status: 200,
  headers: {},
  stream: (sink) =>
    new Promise((resolve) => {
      sink.write(Buffer.from("first"));
      sink.signal.addEventListener("abort", () => {
        setImmediate(resolve);
      });
    }),
});

// Waiting for the drain would outlast the tests.
const limits = { drainMs: 600_000 };

test.each<{ says: string; resources: Handler; bytes: number }>([
  {
    says: "a large answer",
    resources: async () => ({ status: 200, headers: {}, body: Buffer.alloc(large, "x") }),
    bytes: large,
  },
  {
    says: "a large answer in parts",
    resources: async () => ({ status: 200, headers: {}, body: [half, half] }),
    bytes: large,
  },
  { says: "a stream", resources: streamed, bytes: large },
])("$says that was not read yet when the server closed is whole", async ({ resources, bytes }) => {
  const at = await start({ resources, limits });
  const answer = await open(at, "/api/v1/pods");
  const closed = at.server.close();
  // Long enough for idle connections to be closed.
  while (at.server.address !== undefined) await new Promise((resolve) => setImmediate(resolve));
  expect(await sizeOf(answer)).toBe(bytes);
  await closed;
});

test("a watch that ends a little later than asked keeps the server from closing no longer", async () => {
  const at = await start({ resources: lastWords, limits });
  const watches = await Promise.all(Array.from({ length: 20 }, () => open(at, "/api/v1/pods?watch=1")));
  const sizes = Promise.all(watches.map(sizeOf));
  await at.server.close();
  expect(await sizes).toEqual(watches.map(() => 5));
});
