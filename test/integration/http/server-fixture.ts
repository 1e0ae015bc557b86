/** A real server on a loopback port with its own certificate authority, and clients for both protocols. */
import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import type { ClientHttp2Session } from "node:http2";
import { connect } from "node:http2";
import type { RequestOptions } from "node:https";
import { Agent, request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "@prometheus-io/client";
import type { Clock } from "../../../machinery/clock.ts";
import { realClock } from "../../../machinery/clock.ts";
import { anonymousAuthenticator } from "../../../server/authn/anonymous.ts";
import { parseCertificatePool } from "../../../server/authn/certificate-pool.ts";
import { clientCertificateAuthenticator } from "../../../server/authn/client-certificate.ts";
import type { KeyPair } from "../../../server/authn/pki.ts";
import { Pki } from "../../../server/authn/pki.ts";
import { requestHeaderAuthenticator } from "../../../server/authn/request-header.ts";
import { unionAuthenticator } from "../../../server/authn/union.ts";
import type { ApiRequest, Handler } from "../../../server/http/api-request.ts";
import { createHandlerTable } from "../../../server/http/handler-table.ts";
import type { Limits } from "../../../server/http/limits.ts";
import type { Logger } from "../../../server/http/logger.ts";
import { silentLogger } from "../../../server/http/logger.ts";
import { ApiServer } from "../../../server/http/server.ts";

/** No name: of two addresses Node would give up the first when it is slow, and nobody listens at the other. */
export const address = "127.0.0.1";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  /** As it came, and as text. */
  readonly raw: Buffer;
  readonly body: string;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  readonly client?: KeyPair;
  /** Sent as it is; used where clients would normalise. */
  readonly path?: string;
}

export interface Fixture {
  readonly server: ApiServer;
  readonly registry: Registry;
  /** Audit lines in order. */
  readonly audit: string[];
  readonly clientPki: Pki;
  readonly proxyPki: Pki;
  readonly port: number;
  h1(path: string, call?: Call): Promise<Answer>;
  h2(path: string, call?: Call): Promise<Answer>;
  session(client?: KeyPair): ClientHttp2Session;
  rotate(): Promise<void>;
  stop(): Promise<void>;
}

export interface FixtureOptions {
  readonly resources?: Handler;
  readonly paths?: Readonly<Record<string, Handler>>;
  readonly limits?: Partial<Limits>;
  readonly logger?: Logger;
  readonly deny?: (user: string) => boolean;
  /** The real one by default. */
  readonly clock?: Clock;
}

/** Says who asked for what, so that a test can look at both. */
export const echo: Handler = async (request: ApiRequest) => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({
    user: request.user,
    verb: request.info.verb,
    name: request.info.name,
    body: request.body.toString("utf8"),
    spoofed: request.header("x-remote-user") ?? request.header("authorization") ?? null,
  }),
});

export async function startFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const directory = await mkdtemp(join(tmpdir(), "hawsepipe-http-"));
  const clock = options.clock ?? realClock();
  const servingNames = ["localhost", address];
  const clientPki = await Pki.open({ directory: join(directory, "client"), clock, servingNames });
  const proxyPki = await Pki.open({ directory: join(directory, "proxy"), clock, servingNames: [] });
  const clientCA = parseCertificatePool(clientPki.ca.cert);
  const requestHeader = {
    clientCA: parseCertificatePool(proxyPki.ca.cert),
    allowedNames: ["front-proxy-client"],
    usernameHeaders: ["X-Remote-User"],
    uidHeaders: ["X-Remote-Uid"],
    groupHeaders: ["X-Remote-Group", "X-Other-Group"],
    extraHeaderPrefixes: ["X-Remote-Extra-"],
  };
  const registry = new Registry();
  const audit: string[] = [];
  const server = new ApiServer({
    authenticator: unionAuthenticator(
      [
        requestHeaderAuthenticator(() => requestHeader, clock),
        clientCertificateAuthenticator(() => clientCA, clock),
      ],
      { anonymous: anonymousAuthenticator },
    ),
    authorizer: {
      authorize: ({ user }) =>
        options.deny?.(user.name) === true
          ? { decision: "NoOpinion", reason: "" }
          : { decision: "Allow", reason: "" },
    },
    handlers: createHandlerTable({
      resources: options.resources ?? echo,
      paths: new Map(Object.entries(options.paths ?? {})),
    }),
    logger: options.logger ?? silentLogger,
    clock,
    metrics: registry,
    audit: { write: (line) => audit.push(line) },
    limits: options.limits ?? {},
  });
  const ca = clientPki.ca.cert + proxyPki.ca.cert;
  const serving = await clientPki.serving();
  await server.listen({ host: address, port: 0, tls: { ...serving, ca } });
  const port = server.address?.port ?? 0;
  const agents: Agent[] = [];
  const sessions: ClientHttp2Session[] = [];

  const session = (client?: KeyPair): ClientHttp2Session => {
    const made = connect(`https://${address}:${port}`, { ca: clientPki.ca.cert, ...client });
    made.on("error", () => {});
    sessions.push(made);
    return made;
  };
  return {
    server,
    registry,
    audit,
    clientPki,
    proxyPki,
    port,
    session,
    h1(path, call = {}) {
      const agent = new Agent({ keepAlive: false });
      agents.push(agent);
      return callHttp1({ host: address, port, path, agent, ca: clientPki.ca.cert, ...call.client }, call);
    },
    async h2(path, call = {}) {
      const made = session(call.client);
      try {
        return await callHttp2(made, path, call);
      } finally {
        made.close();
      }
    },
    async rotate() {
      const fresh = await Pki.open({ directory: join(directory, "rotated"), clock, servingNames });
      server.setSecureContext({ ...(await fresh.serving()), ca });
    },
    async stop() {
      for (const made of sessions) made.destroy();
      for (const agent of agents) agent.destroy();
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}

export function callHttp1(options: RequestOptions & { readonly agent: Agent }, call: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const made = httpsRequest(
      { ...options, method: call.method ?? "GET", headers: { ...call.headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const raw = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            raw,
            body: raw.toString("utf8"),
          });
        });
      },
    );
    made.on("error", reject);
    made.end(call.body);
  });
}

export function callHttp2(session: ClientHttp2Session, path: string, call: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":path": path, ":method": call.method ?? "GET", ...call.headers });
    let headers: IncomingHttpHeaders = {};
    let status = 0;
    const chunks: Buffer[] = [];
    stream.on("response", (received) => {
      status = Number(received[":status"]);
      headers = received;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("end", () => {
      const raw = Buffer.concat(chunks);
      resolve({ status, headers, rawHeaders: [], raw, body: raw.toString("utf8") });
    });
    stream.end(call.body);
  });
}
