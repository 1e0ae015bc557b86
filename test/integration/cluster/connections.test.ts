/** Connections to a real TLS server: credentials that rotate, names that differ, webhooks that are what they say. */
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ConnectionCredentials } from "../../../cluster/http-transport.ts";
import { createHttpTransport } from "../../../cluster/http-transport.ts";
import { readBody } from "../../../cluster/answer.ts";
import { createWebhookTransport } from "../../../cluster/webhook-transport.ts";
import { issueAuthority, issueLeaf } from "../../../server/authn/pki.ts";

const now = new Date();
const lifeMs = 3_600_000;
const ca = await issueAuthority(now);
const other = await issueAuthority(now);
const leaf = (commonName: string, usage: "serverAuth" | "clientAuth"): ReturnType<typeof issueLeaf> =>
  issueLeaf(ca, { commonName, organizations: [], names: ["hooks.example.svc"], usage }, { now, lifeMs });
const [serving, alice, bob] = await Promise.all([
  leaf("server", "serverAuth"),
  leaf("alice", "clientAuth"),
  leaf("bob", "clientAuth"),
]);

const server = createServer(
  { ...serving, ca: ca.cert, requestCert: true, rejectUnauthorized: false },
  (request, response) => {
    const user = peerOf(request.socket);
    const answer = {
      user,
      authorization: request.headers.authorization ?? "",
      url: request.url,
    };
    if (request.url === "/slow") {
      server.emit("slow");
      return;
    }
    response.writeHead(request.url?.startsWith("/fail") === true ? 500 : 200).end(JSON.stringify(answer));
  },
);
/** The common name of the client's certificate. */
function peerOf(socket: unknown): string {
  if (!(socket instanceof TLSSocket)) return "";
  const { subject } = socket.getPeerCertificate() as { subject?: { CN?: string } };
  return subject?.CN ?? "";
}

let port = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(
  () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => {
        resolve();
      });
    }),
);

interface Seen {
  readonly user: string;
  readonly authorization: string;
  readonly url: string;
}

test("new certificates make new connections, a new token does not, and both count at once", async () => {
  const base = { ca: ca.cert, serverName: "hooks.example.svc" };
  const credentials: { current: ConnectionCredentials } = {
    current: { ...base, ...alice, headers: { authorization: "Bearer one" } },
  };
  const transport = createHttpTransport({
    origin: `https://127.0.0.1:${String(port)}/prefix`,
    credentials: async () => credentials.current,
  });
  const get = async (): Promise<Seen> =>
    JSON.parse(
      (await readBody(await transport.request({ method: "GET", path: "/x", headers: {} }))).toString(),
    ) as Seen;
  expect(await get()).toEqual({ user: "alice", authorization: "Bearer one", url: "/prefix/x" });
  credentials.current = { ...base, ...alice, headers: { authorization: "Bearer two" } };
  expect(await get()).toMatchObject({ user: "alice", authorization: "Bearer two" });
  credentials.current = { ...base, ...bob };
  expect(await get()).toMatchObject({ user: "bob", authorization: "" });
  credentials.current = { ca: other.cert, serverName: "hooks.example.svc" };
  await expect(get()).rejects.toThrow();
  credentials.current = { ca: other.cert, skipVerify: true };
  expect(await get()).toMatchObject({ user: "" });
  await transport.close();
});

test("calls about leases do not wait for a connection that other calls hold", async () => {
  const transport = createHttpTransport({
    origin: `https://127.0.0.1:${String(port)}`,
    credentials: async () => ({ ca: ca.cert, serverName: "hooks.example.svc" }),
    connections: 1,
  });
  const held = once(server, "slow");
  const stuck = transport.request({ method: "GET", path: "/slow", headers: {} });
  stuck.catch(() => undefined);
  await held;
  const path = "/apis/coordination.k8s.io/v1/namespaces/a/leases/x";
  const response = await transport.request({ method: "GET", path, headers: {} });
  expect(JSON.parse((await readBody(response)).toString())).toMatchObject({ url: path });
  await transport.close();
  await expect(stuck).rejects.toThrow();
});

test("a webhook is reached by its name, trusted by its CA, and waited for as long as it was told", async () => {
  const transport = createWebhookTransport({
    userAgent: "test",
    dial: (host) => (host === "hooks.example.svc" ? { host: "127.0.0.1", port } : undefined),
  });
  const call = (path: string, caBundle = ca.cert, timeoutMs = 30_000): Promise<Buffer> =>
    transport.post({
      url: `https://hooks.example.svc:443${path}`,
      caBundle,
      body: Buffer.from("{}"),
      timeoutMs,
      signal: new AbortController().signal,
    });
  expect(JSON.parse((await call("/check")).toString())).toMatchObject({ url: "/check?timeout=30s" });
  await expect(call("/fail")).rejects.toThrow("an error on the server");
  await expect(call("/check", other.cert)).rejects.toThrow(
    'Post "https://hooks.example.svc/check?timeout=30s": ',
  );
  await transport.close();
});

describe("a server that takes connections and says nothing", () => {
  const taken: Socket[] = [];
  const silent = createTcpServer((socket) => {
    taken.push(socket);
    silent.emit("taken");
  });
  beforeEach(async () => {
    taken.length = 0;
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    for (const socket of taken) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });
  const silentPort = (): number => (silent.address() as AddressInfo).port;
  const allTaken = async (count: number): Promise<void> => {
    while (taken.length < count) await once(silent, "taken");
  };

  test("has a connection for each call, and every call ends when it is given up", async () => {
    const transport = createHttpTransport({ origin: `https://127.0.0.1:${String(silentPort())}` });
    const giveUp = new AbortController();
    const { signal } = giveUp;
    const calls = [1, 2, 3].map(() => transport.request({ method: "GET", path: "/", headers: {}, signal }));
    const ended = Promise.allSettled(calls);
    await allTaken(3);
    giveUp.abort(new Error("given up"));
    expect(
      (await ended).map((each) => (each.status === "rejected" ? String(each.reason) : "answered")),
    ).toEqual(Array(3).fill("Error: given up"));
    await transport.close();
  });

  test("is no webhook to wait for longer than its time", async () => {
    const transport = createWebhookTransport({
      userAgent: "test",
      dial: () => ({ host: "127.0.0.1", port: silentPort() }),
    });
    const call = {
      url: "https://hooks.example.svc/check",
      caBundle: "",
      body: Buffer.from("{}"),
      timeoutMs: 1000,
      signal: new AbortController().signal,
    };
    const calls = [1, 2, 3].map(() => transport.post(call));
    const ended = Promise.allSettled(calls);
    const words = 'Error: Post "https://hooks.example.svc/check?timeout=1s": context deadline exceeded';
    expect(
      (await ended).map((each) => (each.status === "rejected" ? String(each.reason) : "answered")),
    ).toEqual(Array(3).fill(words));
    await transport.close();
  });
});
