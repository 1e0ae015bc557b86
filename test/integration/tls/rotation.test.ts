/** Certificates replaced under load: nobody notices, and new connections get the new one. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";
import { Registry } from "@prometheus-io/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { realClock } from "../../../machinery/clock.ts";
import { anonymousAuthenticator } from "../../../server/authn/anonymous.ts";
import { issueAuthority, issueLeaf } from "../../../server/authn/pki.ts";
import { createHandlerTable } from "../../../server/http/handler-table.ts";
import { ApiServer } from "../../../server/http/server.ts";
import type { CertificateSource } from "../../../server/tls/certificate-source.ts";
import { fileCertificateSource } from "../../../server/tls/file-source.ts";
import { servingContext } from "../../../server/tls/serving-context.ts";

const directory = mkdtempSync(path.join(tmpdir(), "tls-"));
const now = new Date();
const ca = await issueAuthority(now);
let generation = 0;

/** What the kubelet does with a mounted Secret: a new folder, and a symlink that is swapped. */
async function mount(): Promise<string> {
  generation += 1;
  const leaf = {
    commonName: `g${String(generation)}`,
    organizations: [],
    names: ["localhost"],
    usage: "serverAuth",
  } as const;
  const pair = await issueLeaf(ca, leaf, { now, lifeMs: 3_600_000 });
  const folder = path.join(directory, `..data_${String(generation)}`);
  mkdirSync(folder);
  writeFileSync(path.join(folder, "tls.crt"), pair.cert);
  writeFileSync(path.join(folder, "tls.key"), pair.key);
  symlinkSync(path.basename(folder), path.join(directory, "..data_tmp"));
  renameSync(path.join(directory, "..data_tmp"), path.join(directory, "..data"));
  return pair.cert;
}

let source: CertificateSource;
let server: ApiServer;
let metrics: Registry;
const errors: unknown[] = [];

beforeAll(async () => {
  await mount();
  for (const file of ["tls.crt", "tls.key"])
    symlinkSync(path.join("..data", file), path.join(directory, file));
  const silent = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  source = fileCertificateSource({
    certFile: path.join(directory, "tls.crt"),
    keyFile: path.join(directory, "tls.key"),
    clock: realClock(),
    onError: (error) => errors.push(error),
  });
  await source.start();
  metrics = new Registry();
  const context = servingContext({ source, clientAuthorities: () => ca.cert, metrics });
  server = new ApiServer({
    authenticator: anonymousAuthenticator,
    authorizer: { authorize: () => ({ decision: "Allow", reason: "" }) },
    handlers: createHandlerTable({
      paths: new Map([["/", async () => ({ status: 200, headers: {}, body: "ok" })]]),
    }),
    logger: silent,
    clock: realClock(),
  });
  await server.listen({ host: "127.0.0.1", port: 0, tls: context.current });
  context.follow((tls) => {
    server.setSecureContext(tls);
  });
});
afterAll(async () => {
  source.stop();
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

const port = (): number => server.address?.port ?? 0;

function served(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect(
      { host: "127.0.0.1", port: port(), servername: "localhost", ca: ca.cert },
      () => {
        resolve(socket.getPeerX509Certificate()?.toString() ?? "");
        socket.destroy();
      },
    );
    socket.on("error", reject);
  });
}

function get(agent: Agent | false): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port: port(), servername: "localhost", ca: ca.cert, path: "/", agent },
      (incoming) => {
        incoming.resume();
        incoming.on("end", () => {
          resolve(incoming.statusCode ?? 0);
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end();
  });
}

const patience = { timeout: 60_000 };

test("a swapped mount is served from then on, without one failed request", async () => {
  const kept = new Agent({ keepAlive: true, maxSockets: 4 });
  const answers = new Map<number, number>();
  const failures: unknown[] = [];
  const end = { isReached: false };
  const load = Array.from({ length: 8 }, async (_, i) => {
    while (!end.isReached) {
      await get(i % 2 === 0 ? kept : false).then(
        (status) => answers.set(status, (answers.get(status) ?? 0) + 1),
        (error: unknown) => failures.push(error),
      );
    }
  });
  for (let i = 0; i < 5; i += 1) {
    const next = new X509Certificate(await mount()).toString();
    await expect.poll(served, patience).toBe(next);
  }
  await expect.poll(() => answers.get(200) ?? 0, patience).toBeGreaterThan(20);
  end.isReached = true;
  await Promise.all(load);
  kept.destroy();
  expect(failures).toEqual([]);
  expect([...answers.keys()]).toEqual([200]);
  expect(errors).toEqual([]);
});

test("a pair that does not fit together is not served", async () => {
  const before = await served();
  const broken = path.join(directory, "..data_broken");
  mkdirSync(broken);
  writeFileSync(path.join(broken, "tls.crt"), source.current.cert);
  writeFileSync(path.join(broken, "tls.key"), ca.key);
  symlinkSync(path.basename(broken), path.join(directory, "..data_tmp"));
  renameSync(path.join(directory, "..data_tmp"), path.join(directory, "..data"));
  await expect.poll(() => errors.length, patience).toBeGreaterThan(0);
  expect(await served()).toBe(before);
});

test("the expiry of what is served is a metric", async () => {
  const text = await metrics.metrics();
  const seconds = new X509Certificate(source.current.cert).validToDate.getTime() / 1000;
  expect(text).toContain(`hawsepipe_serving_certificate_expiration_timestamp_seconds ${String(seconds)}`);
});
