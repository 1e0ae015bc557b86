/**
 * The way of a request through the server, with or without a socket: reading the URL, guard, authentication, limits,
 * authorization, body, handler; then audit and metrics. Nothing a handler throws gets past here, and every request is
 * audited and counted exactly once.
 */
import { randomUUID } from "node:crypto";
import { methodNotSupported, unauthorized } from "../../api/errors/catalogue.ts";
import { isApiError } from "../../api/errors/api-error.ts";
import type { Clock } from "../../machinery/clock.ts";
import { goQuote } from "../../machinery/json/quote.ts";
import type { AuditSink } from "../audit/sink.ts";
import type { AuditStage } from "../audit/event.ts";
import { AuditEncoder } from "../audit/event.ts";
import type { Authentication, Authenticator } from "../authn/authenticator.ts";
import type { Authorizer, Decision } from "../authz/authorizer.ts";
import { sanitize } from "../authz/forbidden.ts";
import type { RequestMetrics } from "../metrics/request-metrics.ts";
import { prefersPretty } from "../negotiation/accept.ts";
import type { ApiResponse, StreamResponse, StreamSink } from "./api-request.ts";
import { authorize } from "./filters/authorization.ts";
import { deadlineExceeded, timeoutOf, withDeadline } from "./filters/deadline.ts";
import { asksToImpersonate, impersonate } from "./filters/impersonation.ts";
import type { MaxInFlight, RequestKind } from "./filters/max-in-flight.ts";
import { tooManyInFlight } from "./filters/max-in-flight.ts";
import { guardUntilReady } from "./filters/ready-guard.ts";
import type { HandlerTable } from "./handler-table.ts";
import type { Incoming } from "./incoming.ts";
import type { Limits } from "./limits.ts";
import type { Logger } from "./logger.ts";
import { isLongRunning, resolveRequestInfo, RequestInfoError } from "./request-info.ts";
import { ServedRequest } from "./served-request.ts";
import { statusResponse } from "./status-response.ts";
import { badRequestLine, pageNotFound, textError } from "./text-response.ts";
import { warningHeaders } from "./warning.ts";

export interface PipelineOptions {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly handlers: HandlerTable;
  readonly inFlight: MaxInFlight;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: RequestMetrics | undefined;
  readonly audit?: AuditSink | undefined;
  /** False until every route and cache is in place; absent is ready from the start. */
  readonly isReady?: (() => boolean) | undefined;
  /** True once the server asks clients to go elsewhere. */
  readonly refusesNew?: () => boolean;
  readonly newAuditId?: (() => string) | undefined;
}

/** A response with all its headers, ready to be written. */
export interface Outcome {
  readonly response: ApiResponse;
  readonly warnings: readonly string[];
  /** Of a stream: ends when the client is gone or, when the stream is a lasting one, the server stops. */
  readonly signal?: AbortSignal;
  /** The stream may be ended at any time without being incomplete. */
  readonly lasting?: boolean;
}

export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #encoder = new AuditEncoder();
  readonly #live = new Set<ServedRequest>();
  readonly #hides: ((header: string) => boolean) | undefined;
  readonly #newAuditId: () => string;

  constructor(options: PipelineOptions) {
    this.#options = options;
    const { authenticator } = options;
    this.#hides =
      authenticator.hides === undefined ? undefined : (header) => authenticator.hides?.(header) ?? false;
    this.#newAuditId = options.newAuditId ?? randomUUID;
  }

  /** Streams being written that last until somebody ends them. */
  get liveStreams(): number {
    return this.#live.size;
  }

  /** Ends the signal of every long-running stream. */
  endStreams(): void {
    for (const request of this.#live) request.end(new Error("the server is stopping"));
  }

  /** Answers a request; never rejects. */
  async run(incoming: Incoming): Promise<Outcome> {
    const receivedAt = this.#options.clock.now();
    const auditId = chosenAuditId(incoming.header("audit-id")) ?? this.#newAuditId();
    let request: ServedRequest;
    try {
      request = new ServedRequest(incoming, { auditId, receivedAt, hides: this.#hides });
    } catch {
      return { response: badRequestLine(), warnings: [] };
    }
    const unreadable = readUrl(request);
    if (unreadable !== undefined) return { response: unreadable, warnings: [] };
    let slot: RequestKind | undefined;
    let response: ApiResponse;
    try {
      const ms = this.#timeout(request);
      guardUntilReady(request.info, this.#options.isReady?.() ?? true);
      const identifying = this.#identify(request);
      if (identifying !== undefined) await identifying;
      if (wantsOtherUser(request)) await this.#impersonate(request);
      const kind = this.#options.inFlight.acquire(request.info, request.user);
      if (kind === "refused") {
        this.#options.metrics?.terminated(request.method, request.info, 429);
        response = tooManyInFlight();
      } else {
        if (kind !== "exempt") slot = kind;
        response = await this.#answerInTime(request, ms);
      }
    } catch (thrown) {
      response = this.#failure(request, thrown);
    }
    return this.#finish(request, response, slot);
  }

  /** What the request may take in milliseconds; undefined for one that may last. */
  #timeout(request: ServedRequest): number | undefined {
    return isLongRunning(request.info)
      ? undefined
      : timeoutOf(request.query, this.#options.limits.requestTimeoutMs);
  }

  /** Done at once unless the authenticator has to ask somebody. */
  #identify(request: ServedRequest): Promise<void> | undefined {
    const { user } = request.incoming;
    const answer = user === undefined ? this.#options.authenticator.authenticate(request.incoming) : { user };
    if (answer instanceof Promise) {
      return answer.then((found) => {
        identified(request, found);
      });
    }
    identified(request, answer);
    return undefined;
  }

  async #impersonate(request: ServedRequest): Promise<void> {
    const wanted = await impersonate(request.incoming.rawHeaders, request.user, this.#options.authorizer);
    if (wanted !== undefined) request.user = wanted;
  }

  #answerInTime(request: ServedRequest, ms: number | undefined): Promise<ApiResponse> {
    const work = this.#answer(request);
    if (ms === undefined) return work;
    const { clock } = this.#options;
    return withDeadline(work, {
      clock,
      // Time spent on authentication counts.
      ms: ms - (clock.now().getTime() - request.receivedAt.getTime()),
      onExpired: (error) => {
        request.end(error);
        this.#options.metrics?.terminated(request.method, request.info, 504);
      },
    });
  }

  async #answer(request: ServedRequest): Promise<ApiResponse> {
    const { info, method } = request;
    const isAudited = this.#options.audit !== undefined;
    if (isAudited) request.annotate("authorization.k8s.io/decision", "forbid");
    let decision: Decision;
    try {
      const answer = authorize(this.#options.authorizer, info, request.user);
      decision = answer instanceof Promise ? await answer : answer;
    } catch (error) {
      if (isApiError(error)) throw error;
      return this.#undecided(request, error);
    }
    if (isAudited) {
      request.annotate("authorization.k8s.io/decision", "allow");
      request.annotate("authorization.k8s.io/reason", decision.reason);
    }
    if (this.#options.refusesNew?.() === true) return shuttingDown();
    const handler = this.#options.handlers(info, request.path);
    if (handler === undefined) return pageNotFound();
    if (info.isResourceRequest && info.verb === "") {
      // kube-apiserver names the verb, and such a method has none.
      throw methodNotSupported({ group: info.group, resource: info.resource }, "");
    }
    if (method !== "GET" && method !== "HEAD") {
      const { bodyBytes, callbacks } = this.#options.limits;
      const callback = info.isResourceRequest ? undefined : callbacks?.get(info.path);
      request.body = await request.incoming.readBody(callback?.bodyBytes ?? bodyBytes);
    }
    return handler(request);
  }

  /** Nobody could say whether the request is allowed. */
  #undecided(request: ServedRequest, error: unknown): ApiResponse {
    this.#options.logger.error(
      { err: error, auditID: request.auditId, verb: request.info.verb, path: request.path },
      "authorization failed",
    );
    const why = error instanceof Error ? error.message : String(error);
    return internalServerError(request, why);
  }

  #failure(request: ServedRequest, thrown: unknown): ApiResponse {
    if (!isApiError(thrown)) {
      this.#options.logger.error(
        { err: thrown, auditID: request.auditId, verb: request.info.verb, path: request.path },
        "request handler failed",
      );
    }
    const pretty = prefersPretty(request.query, request.header("user-agent"));
    return statusResponse(thrown, request.header("accept"), pretty);
  }

  #finish(request: ServedRequest, response: ApiResponse, slot: RequestKind | undefined): Outcome {
    const headers = this.#commonHeaders(request, response);
    const warnings = request.warnings.length === 0 ? request.warnings : warningHeaders(request.warnings);
    if ("stream" in response) {
      return {
        response: this.#streaming(request, { ...response, headers }, slot),
        warnings,
        signal: request.signal,
        lasting: isLongRunning(request.info),
      };
    }
    this.#complete(request, response.status, slot, {
      bytes: sizeOf(response.body),
      stage: "ResponseComplete",
    });
    return { response: { ...response, headers }, warnings };
  }

  /** kube-apiserver has already set these on what it proxies; a second set would reach the client too. */
  #commonHeaders(request: ServedRequest, response: ApiResponse): Record<string, string> {
    const headers: Record<string, string> = {};
    if (!request.isProxied) {
      headers["audit-id"] = request.auditId;
      headers["cache-control"] = "no-cache, private";
    }
    for (const name in response.headers) headers[name.toLowerCase()] = response.headers[name] ?? "";
    return headers;
  }

  #streaming(
    request: ServedRequest,
    response: StreamResponse,
    slot: RequestKind | undefined,
  ): StreamResponse {
    const { info, method } = request;
    const lasting = isLongRunning(info);
    const ended = lasting ? this.#options.metrics?.streamStarted(method, info) : undefined;
    if (lasting) {
      this.#live.add(request);
      this.#audit(request, "ResponseStarted", response.status);
    }
    const stream = async (sink: StreamSink): Promise<void> => {
      const cancel = lasting ? undefined : this.#limitStream(request);
      try {
        await response.stream(sink);
        if (!lasting && request.isEnded) throw deadlineExceeded();
        this.#complete(request, response.status, slot, { stage: "ResponseComplete" });
      } catch (error) {
        this.#options.logger.error(
          { err: error, auditID: request.auditId, path: request.path },
          "response stream failed",
        );
        this.#complete(request, 500, slot, { stage: "Panic" });
        throw error;
      } finally {
        cancel?.();
        ended?.();
        this.#live.delete(request);
      }
    };
    return { status: response.status, headers: response.headers, stream };
  }

  #limitStream(request: ServedRequest): () => void {
    const { clock, limits } = this.#options;
    const spent = clock.now().getTime() - request.receivedAt.getTime();
    return clock.setTimeout(() => {
      request.end(deadlineExceeded());
    }, limits.requestTimeoutMs - spent);
  }

  #complete(request: ServedRequest, code: number, slot: RequestKind | undefined, how: Completion): void {
    if (slot !== undefined) this.#options.inFlight.release(slot);
    const { metrics, clock, audit } = this.#options;
    if (audit !== undefined) this.#audit(request, how.stage, code);
    metrics?.record({
      method: request.method,
      info: request.info,
      contentType: request.method === "PATCH" ? request.header("content-type") : undefined,
      dryRun: request.method !== "GET" && request.query.all("dryRun").includes("All"),
      code,
      seconds: (clock.now().getTime() - request.receivedAt.getTime()) / 1000,
      responseBytes: how.bytes,
      requestBytes: request.body.length,
      isLongRunning: isLongRunning(request.info),
      aborted: request.isEnded && how.bytes !== undefined,
    });
  }

  #audit(request: ServedRequest, stage: AuditStage, code: number): void {
    const { audit, clock } = this.#options;
    if (audit === undefined) return;
    const user = request.authentication?.user ?? request.user;
    audit.write(
      this.#encoder.encode(
        {
          auditId: request.auditId,
          url: request.url,
          info: request.info,
          user,
          impersonated: request.user === user ? undefined : request.user,
          remoteAddress: request.incoming.remoteAddress,
          userAgent: request.header("user-agent"),
          receivedAt: request.receivedAt,
          annotations: request.annotations,
        },
        { stage, code, at: clock.now() },
      ),
    );
  }
}

interface Completion {
  readonly stage: AuditStage;
  readonly bytes?: number;
}

/** Finds out what the request is about. One that cannot be told is answered before anybody asks who sent it. */
function readUrl(request: ServedRequest): ApiResponse | undefined {
  try {
    request.info = resolveRequestInfo(request.method, request.path, request.query);
    return undefined;
  } catch (error) {
    if (!(error instanceof RequestInfoError)) throw error;
    const why = `failed to create RequestInfo: ${error.message}, ${request.url}`;
    return internalServerError(request, why, { "audit-id": request.auditId });
  }
}

/** A failure before there is anybody who could make a Status of it. */
const internalServerError = (
  { url }: ServedRequest,
  why: string,
  headers?: Readonly<Record<string, string>>,
): ApiResponse => textError(500, sanitize(`Internal Server Error: ${goQuote(url)}: ${why}`), headers);

/** The proxy has dealt with these headers, and callers within the process have no need of them. */
function wantsOtherUser(request: ServedRequest): boolean {
  const { incoming, isProxied } = request;
  if (incoming.user !== undefined || isProxied) return false;
  return asksToImpersonate(incoming.rawHeaders);
}

function identified(request: ServedRequest, found: Authentication | undefined): void {
  if (found === undefined) throw unauthorized();
  request.authentication = found;
  request.user = found.user;
}

function chosenAuditId(asked: string | undefined): string | undefined {
  return asked !== undefined && /^[A-Za-z0-9._-]{1,64}$/.test(asked) ? asked : undefined;
}

function sizeOf(body: Buffer | string | readonly Buffer[]): number {
  if (typeof body === "string") return Buffer.byteLength(body);
  return Buffer.isBuffer(body) ? body.length : body.reduce((sum, part) => sum + part.length, 0);
}

const shuttingDown = (): ApiResponse =>
  textError(429, "The apiserver is shutting down, please try again later.", {
    "retry-after": "5",
    connection: "close",
  });
