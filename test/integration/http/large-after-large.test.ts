import { once } from "node:events";
import { connect } from "node:tls";
import { afterEach, expect, test } from "vitest";
import type { Fixture } from "./server-fixture.ts";
import { address, startFixture } from "./server-fixture.ts";

let fixture: Fixture | undefined;
afterEach(async () => {
  await fixture?.stop();
  fixture = undefined;
});

/** More than a client that does not read lets a server send. */
const answerBytes = 16 * 1024 * 1024;
/** Several records of TLS. */
const requestBytes = 200_000;

const path = "/api/v1/namespaces/default/pods";

test.each([
  { kept: "in one piece", body: Buffer.alloc(answerBytes, "x") },
  { kept: "in many pieces", body: Array.from({ length: 16 }, () => Buffer.alloc(answerBytes / 16, "x")) },
])("a large request behind a large answer $kept that is not read yet waits its turn", async ({ body }) => {
  fixture = await startFixture({
    resources: async (request) =>
      request.method === "GET"
        ? { status: 200, headers: {}, body }
        : { status: 201, headers: {}, body: `took ${String(request.body.length)}` },
  });
  const socket = connect({
    host: address,
    port: fixture.port,
    ca: fixture.clientPki.ca.cert,
    ALPNProtocols: ["http/1.1"],
  });
  await once(socket, "secureConnect");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  await once(socket, "data");
  socket.pause();
  const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n`;
  socket.write(`${head}content-length: ${String(requestBytes)}\r\n\r\n${" ".repeat(requestBytes)}`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  socket.resume();
  await once(socket, "end");
  const answers = Buffer.concat(chunks).toString("latin1");
  expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 201"]);
  expect(answers.endsWith(`took ${String(requestBytes)}`)).toBe(true);
});
