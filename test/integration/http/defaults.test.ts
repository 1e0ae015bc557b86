import { afterAll, beforeAll, expect, test } from "vitest";
import type { Http2SecureServer } from "node:http2";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realClock } from "../../../machinery/clock.ts";
import { Pki } from "../../../server/authn/pki.ts";
import type { HttpInstance } from "../../../server/http/fastify.ts";
import { createHttpInstance } from "../../../server/http/fastify.ts";
import { defaultLimits } from "../../../server/http/limits.ts";

let directory: string;
let app: HttpInstance;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hawsepipe-defaults-"));
  const pki = await Pki.open({ directory, clock: realClock(), servingNames: ["localhost"] });
  app = createHttpInstance({
    tls: await pki.serving(),
    limits: defaultLimits,
    serve: (_request, response) => response.end(),
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
  expect(config).toMatchObject({
    bodyLimit: 3 * 1024 * 1024,
    exposeHeadRoutes: false,
    http2SessionTimeout: 0,
    requestIdHeader: false,
    routerOptions: { maxParamLength: 65_536, caseSensitive: true, ignoreDuplicateSlashes: false },
  });
});

test("no default of Node that cuts idle watches or long headers is left", () => {
  const server = app.server as Http2SecureServer & Record<string, unknown>;
  expect(server).toMatchObject({
    keepAliveTimeout: defaultLimits.idleConnectionMs,
    headersTimeout: defaultLimits.headersTimeoutMs,
    requestTimeout: defaultLimits.requestTimeoutMs + 30_000,
    maxHeadersCount: defaultLimits.headerPairs,
    timeout: 0,
  });
});
