import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Http2SecureServer } from "node:http2";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realClock } from "../../../machinery/clock.ts";
import { Pki } from "../../../server/authn/pki.ts";
import type { HttpInstance } from "../../../server/http/fastify.ts";
import { createHttpInstance } from "../../../server/http/fastify.ts";
import { defaultLimits } from "../../../server/http/limits.ts";
import type { RawRequest, RawResponse } from "../../../server/http/socket-incoming.ts";

let directory: string;
let app: HttpInstance;
const serve = vi.fn((_request: RawRequest, response: RawResponse) => {
  response.end();
});
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hawsepipe-defaults-"));
  const pki = await Pki.open({ directory, clock: realClock(), servingNames: ["localhost"] });
  app = createHttpInstance({
    tls: await pki.serving(),
    limits: defaultLimits,
    serve,
    beforeClose: () => {},
  });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await rm(directory, { recursive: true });
});

test("no default of Fastify that is wrong for this server is left", () => {
  const config = app.initialConfig as Record<string, unknown>;
  expect(config).toMatchObject({ http2SessionTimeout: 0, forceCloseConnections: false });
});

test.each([
  { says: "a path that cannot be decoded", method: "GET", url: "/%zz" },
  { says: "a method nobody knows", method: "BREW", url: "/" },
  {
    says: "a body longer than Fastify takes",
    method: "POST",
    url: "/",
    headers: { "content-length": "9999999" },
  },
])("Fastify has no say in $says", ({ method, url, headers = {} }) => {
  const served = serve.mock.calls.length;
  app.server.emit("request", { method, url, headers, httpVersion: "1.1" }, { end: () => {} });
  expect(serve.mock.calls.slice(served)).toMatchObject([[{ method, url }, {}]]);
});

test("no default of Node that cuts idle watches or long headers is left", () => {
  const server = app.server as unknown as Http2SecureServer & Record<string, unknown>;
  expect(server).toMatchObject({
    keepAliveTimeout: defaultLimits.idleConnectionMs,
    headersTimeout: defaultLimits.headersTimeoutMs,
    requestTimeout: defaultLimits.requestTimeoutMs + 30_000,
    maxHeadersCount: defaultLimits.headerPairs,
    timeout: 0,
  });
});
