/**
 * The Fastify instance: TLS with HTTP/2 and HTTP/1.1 on one port. Fastify starts, stops and looks after connections;
 * routing, bodies, errors and answers are ours, so requests do not go through it, and every default that would answer in
 * its own words or cut an idle watch is changed here.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type {
  Http2SecureServer,
  Http2ServerRequest,
  Http2ServerResponse,
  ServerHttp2Session,
} from "node:http2";
import type { FastifyInstance } from "fastify";
import { fastify } from "fastify";
import type { IdleCloser } from "./idle-connections.ts";
import type { Limits } from "./limits.ts";
import type { RawRequest, RawResponse } from "./socket-incoming.ts";

export interface TlsMaterial {
  /** PEM: the serving certificate with its chain, and its key. */
  readonly cert: string;
  readonly key: string;
  /** PEM: the CAs whose client certificates are worth presenting; more than one may be concatenated. */
  readonly ca?: string;
}

/** Of a server that also takes HTTP/1.1; Node's types leave out what it has for that. */
type Server = Http2SecureServer & IdleCloser;

export type HttpInstance = FastifyInstance<Server, Http2ServerRequest, Http2ServerResponse>;

export interface HttpInstanceOptions {
  readonly tls: TlsMaterial;
  readonly limits: Limits;
  /** Answers a request; must not throw. */
  readonly serve: (request: RawRequest, response: RawResponse) => void;
  /** Ends the streams that would keep the server from closing. */
  readonly beforeClose: () => void;
}

/** What the TLS layer is given, at the start and again when certificates are rotated. */
export function secureContextOf(tls: TlsMaterial): {
  cert: string;
  key: string;
  ca: string[];
  minVersion: "TLSv1.2";
} {
  // Without any CA Node would announce and trust those of the machine.
  return { cert: tls.cert, key: tls.key, ca: tls.ca === undefined ? [] : [tls.ca], minVersion: "TLSv1.2" };
}

/** Makes the instance; it does not listen yet. */
export function createHttpInstance(options: HttpInstanceOptions): HttpInstance {
  const { limits } = options;
  const app = fastify({
    http2: true,
    https: {
      ...secureContextOf(options.tls),
      allowHTTP1: true,
      requestCert: true,
      // Who is trusted for what is decided by the authenticators; probes come without a certificate.
      rejectUnauthorized: false,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      noDelay: true,
      maxHeaderSize: limits.headerBytes,
      maxHeaderListPairs: limits.headerPairs,
      maxSessionMemory: limits.http2SessionMegabytes,
      settings: { maxConcurrentStreams: limits.streamsPerConnection, maxHeaderListSize: limits.headerBytes },
    },
    // An idle session is closed by closeIdleSession below, which looks whether streams are open.
    http2SessionTimeout: 0,
    forceCloseConnections: false,
    clientErrorHandler: answerClientError,
  } as never) as unknown as HttpInstance;

  const { server } = app;
  // In HTTP/2 mode Fastify leaves these to Node's defaults, though HTTP/1.1 connections obey them.
  Object.assign(server, {
    keepAliveTimeout: limits.idleConnectionMs,
    headersTimeout: limits.headersTimeoutMs,
    // Our own deadline answers slow bodies; this is only for connections it does not see.
    requestTimeout: limits.requestTimeoutMs + 30_000,
    maxHeadersCount: limits.headerPairs,
    maxRequestsPerSocket: 0,
  });
  server.setTimeout(0);
  server.on("session", (session) => {
    closeIdleSession(session, limits.idleConnectionMs);
  });

  server.removeAllListeners("request");
  const refuses = refuseAmbiguous();
  server.on("request", (request: RawRequest, response: RawResponse) => {
    if (!("stream" in request) && refuses(request)) return;
    options.serve(request, response);
  });

  // Of expectations Go knows one: another one is refused in HTTP/1.1, and not looked at in HTTP/2. Node refuses both.
  server.on("checkExpectation", (request: RawRequest, response: RawResponse) => {
    if ("stream" in response || request.headers.expect === "") server.emit("request", request, response);
    else response.writeHead(417, { connection: "close" }).end();
  });

  app.addHook("preClose", (done) => {
    options.beforeClose();
    done();
  });
  return app;
}

/**
 * HTTP/1.0 has no chunks: who sends them and who passes them on may not agree where the request ends, so it is refused,
 * and what follows on the connection is not taken for another one.
 */
function refuseAmbiguous(): (request: IncomingMessage) => boolean {
  const refused = new WeakSet<Socket>();
  return ({ socket, httpVersion, headers }) => {
    if (refused.has(socket)) return true;
    if (httpVersion !== "1.0" || headers["transfer-encoding"] === undefined) return false;
    refused.add(socket);
    answerClientError(new Error("chunks in HTTP/1.0"), socket);
    return true;
  };
}

/** An idle session is one without streams: a watch may be quiet for hours. */
function closeIdleSession(session: ServerHttp2Session, idleMs: number): void {
  let open = 0;
  session.on("stream", (stream) => {
    open += 1;
    stream.once("close", () => {
      open -= 1;
    });
  });
  session.setTimeout(idleMs, () => {
    if (open === 0) session.close();
  });
}

/** How long the client of a refused connection may take to read why. */
const lingerMs = 1000;

interface ClientError extends Error {
  readonly code?: string;
}

/** What never became a request gets what Go's server writes: a bare status line and its text. */
function answerClientError(error: ClientError, socket: Socket): void {
  // What follows a bad request is bad again; destroying the socket now could destroy the answer with it.
  if (socket.writableEnded) return;
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "408 Request Timeout"
        : "400 Bad Request";
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: ${status.length}\r\n\r\n${status}`,
  );
  socket.setTimeout(lingerMs, () => {
    socket.destroy();
  });
}
