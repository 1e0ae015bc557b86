/**
 * The API server: one pipeline behind a TLS port and behind `dispatch`. It knows no kind; who may ask, what is allowed
 * and who answers are given to it.
 */
import type { AddressInfo } from "node:net";
import type { Http2ServerResponse, ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Registry } from "@prometheus-io/client";
import type { Clock } from "../../machinery/clock.ts";
import { WorkTurns } from "../../machinery/queue/work-turns.ts";
import type { AuditSink } from "../audit/sink.ts";
import type { Authenticator } from "../authn/authenticator.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import type { HealthCheck } from "../health/health.ts";
import { RequestMetrics } from "../metrics/request-metrics.ts";
import type { ApiResponse } from "./api-request.ts";
import type { HttpInstance, TlsMaterial } from "./fastify.ts";
import { createHttpInstance, secureContextOf } from "./fastify.ts";
import { MaxInFlight } from "./filters/max-in-flight.ts";
import { FlushTurns } from "./flush-turns.ts";
import type { HandlerTable } from "./handler-table.ts";
import { endIdleAfterSending } from "./idle-connections.ts";
import type { InProcessRequest } from "./in-process-incoming.ts";
import { InProcessIncoming } from "./in-process-incoming.ts";
import type { Limits } from "./limits.ts";
import { defaultLimits } from "./limits.ts";
import type { Logger } from "./logger.ts";
import { Pipeline } from "./pipeline.ts";
import type { RawRequest, RawResponse } from "./socket-incoming.ts";
import { PeerCache, SocketIncoming } from "./socket-incoming.ts";
import { writeHttp1 } from "./write-http1.ts";
import { writeHttp2 } from "./write-http2.ts";
import { SliceBuffers } from "./write-parts.ts";

export interface ApiServerOptions {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly handlers: HandlerTable;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly metrics?: Registry;
  readonly audit?: AuditSink;
  readonly limits?: Partial<Limits>;
  /** False until every route and cache is in place; absent is ready from the start. */
  readonly isReady?: () => boolean;
  readonly newAuditId?: () => string;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly tls: TlsMaterial;
}

export interface CloseOptions {
  /** How long the server goes on as before, apart from `/readyz`, so that load balancers notice. */
  readonly lameDuckMs?: number;
  /** After the lame-duck time, new requests get 429 and are told to come back. */
  readonly sendRetryAfter?: boolean;
}

export class ApiServer {
  /** Fails as soon as the server is asked to stop; goes into `/readyz`. */
  readonly shutdownCheck: HealthCheck = {
    name: "shutdown",
    check: () => {
      if (this.#stopping) throw new Error("process is shutting down");
    },
  };
  readonly #options: ApiServerOptions;
  readonly #limits: Limits;
  readonly #pipeline: Pipeline;
  readonly #inFlight: MaxInFlight;
  /** Shared by all requests that come through sockets. */
  readonly #shared: { readonly peers: PeerCache; readonly turns: WorkTurns };
  readonly #sliceBuffers = new SliceBuffers();
  readonly #turns: FlushTurns;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #app: HttpInstance | undefined;
  #stopping = false;
  #refusesNew = false;
  /** Nothing more comes on a connection after the answer that is under way. */
  #isEnding = false;
  #closed: Promise<void> | undefined;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#turns = new FlushTurns(options.clock);
    this.#shared = { peers: new PeerCache(), turns: new WorkTurns(options.clock) };
    const { readsInFlight, writesInFlight, callbacksInFlight, callbacks } = this.#limits;
    this.#inFlight = new MaxInFlight(
      { readOnly: readsInFlight, mutating: writesInFlight, callback: callbacksInFlight },
      (path) => callbacks?.has(path) === true,
    );
    this.#pipeline = new Pipeline({
      authenticator: options.authenticator,
      authorizer: options.authorizer,
      handlers: options.handlers,
      inFlight: this.#inFlight,
      limits: this.#limits,
      clock: options.clock,
      logger: options.logger,
      audit: options.audit,
      metrics:
        options.metrics === undefined
          ? undefined
          : new RequestMetrics(options.metrics, (kind) => this.#inFlight.running(kind)),
      isReady: options.isReady,
      refusesNew: () => this.#refusesNew,
      newAuditId: options.newAuditId,
    });
  }

  /** Starts to listen; rejects when the address cannot be had. */
  async listen({ host, port, tls }: ListenOptions): Promise<void> {
    const app = createHttpInstance({
      tls,
      limits: this.#limits,
      serve: (request, response) => {
        void this.#serve(request, response);
      },
      beforeClose: () => {
        this.#pipeline.endStreams();
      },
    });
    app.server.on("secureConnection", (socket: TLSSocket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    app.server.on("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
      // Without a listener a broken connection would end the process.
      session.on("error", (error: Error) => {
        this.#options.logger.debug({ err: error }, "connection failed");
      });
    });
    endIdleAfterSending(app.server, this.#sockets);
    this.#app = app;
    await app.listen({ host, port });
  }

  /** Where the server listens; undefined before and after. */
  get address(): AddressInfo | undefined {
    const address = this.#app?.server.address();
    return typeof address === "object" && address !== null ? address : undefined;
  }

  /** Serves new connections with new certificates and CAs; those that exist go on. */
  setSecureContext(tls: TlsMaterial): void {
    this.#app?.server.setSecureContext(secureContextOf(tls));
  }

  /** Answers a request without a socket, through the very same filters. */
  async dispatch(request: InProcessRequest): Promise<ApiResponse> {
    const { response, warnings } = await this.#pipeline.run(new InProcessIncoming(request));
    return warnings.length === 0
      ? response
      : { ...response, headers: { ...response.headers, warning: warnings.join(", ") } };
  }

  /**
   * Stops: fails readiness, serves on for the lame-duck time, stops accepting, ends streams, lets running requests
   * finish, then cuts what is left. Calling it again waits for the first.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#stop(options);
    return this.#closed;
  }

  async #stop({ lameDuckMs = 0, sendRetryAfter = false }: CloseOptions): Promise<void> {
    this.#stopping = true;
    if (lameDuckMs > 0) await this.#sleep(lameDuckMs);
    this.#refusesNew = sendRetryAfter;
    this.#pipeline.endStreams();
    const app = this.#app;
    if (app === undefined) return;
    this.#isEnding = true;
    const closed = app.close();
    // GOAWAY: running streams finish, new ones go elsewhere.
    for (const session of this.#sessions) session.close();
    const cut = this.#options.clock.setTimeout(() => {
      for (const session of this.#sessions) session.destroy();
      for (const socket of this.#sockets) socket.destroy();
    }, this.#limits.drainMs);
    await closed;
    cut();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.clock.setTimeout(resolve, ms));
  }

  async #serve(request: RawRequest, response: RawResponse): Promise<void> {
    const incoming = new SocketIncoming(request, response, this.#shared);
    try {
      const outcome = await this.#pipeline.run(incoming);
      const options = {
        isHead: incoming.method === "HEAD",
        acceptEncoding: incoming.header("accept-encoding"),
        gzipAboveBytes: this.#limits.gzipAboveBytes,
        closing: this.#isEnding,
        bodyUnread: incoming.leavesBody,
        streamBufferBytes: this.#limits.streamBufferBytes,
        streamEndMs: this.#limits.streamEndMs,
        streamFlushMs: this.#limits.streamFlushMs,
        lingerMs: this.#limits.lingerMs,
        sliceBuffers: this.#sliceBuffers,
        turns: this.#turns,
        clock: this.#options.clock,
      };
      const written = isHttp2(response)
        ? writeHttp2(response.stream, outcome, options)
        : writeHttp1(response, outcome, options);
      if (written === undefined) return;
      await written;
      // Its headers promised to keep the connection, and those that were idle are closed already.
      if (this.#isEnding) this.#app?.server.closeIdleConnections();
    } catch (error) {
      this.#options.logger.error({ err: error }, "response could not be written");
      if (isHttp2(response)) response.stream.destroy();
      else response.destroy();
    }
  }
}

const isHttp2 = (response: ServerResponse | Http2ServerResponse): response is Http2ServerResponse =>
  "stream" in response;
