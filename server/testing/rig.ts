/**
 * The generic server without sockets: memory store, watch cache, registry and handlers behind functions that take a
 * method and a path. What a handler throws becomes a Status here as it does behind HTTP.
 */
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import type { UserInfo } from "../../api/meta/user.ts";
import type { FakeClock } from "../../machinery/clock.ts";
import { fakeClock } from "../../machinery/clock.ts";
import { decodeJson } from "../../machinery/json/decode.ts";
import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { admissionChain } from "../admission/chain.ts";
import { namespaceCacheSource } from "../admission/namespace-cache-source.ts";
import { namespaceLifecycle } from "../admission/namespace-lifecycle.ts";
import type { AdmissionPlugin } from "../admission/plugin.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import type { HandlerDeps } from "../handlers/scope.ts";
import type { ApiRequest, ApiResponse, Handler } from "../http/api-request.ts";
import { parseQuery, resolveRequestInfo } from "../http/api-request.ts";
import { statusResponse } from "../http/status-response.ts";
import { createResourceHandler } from "../registry/handler.ts";
import { ResourceRegistry } from "../registry/resource-registry.ts";
import { openMemoryStore } from "../storage/memory/memory-store.ts";
import type { Store } from "../storage/store.ts";
import type { WatchCacheOptions } from "../storage/watchcache/watch-cache.ts";
import { openWatchCache } from "../storage/watchcache/watch-cache.ts";
import { namespaceDefinition, widgetDefinition } from "./widget.ts";
import { watchReader } from "./watch-reader.ts";
import type { WatchReader } from "./watch-reader.ts";

export interface RigOptions {
  readonly definitions?: readonly ResourceDefinition[];
  readonly plugins?: readonly AdmissionPlugin[];
  readonly authorizer?: Authorizer;
  readonly deps?: Partial<Pick<HandlerDeps, "connectors" | "reviews" | "watch" | "random">>;
  readonly store?: Store;
  readonly cache?: Pick<WatchCacheOptions, "history" | "snapshots">;
}

export interface CallOptions {
  /** An object is sent as JSON, text as it is. */
  readonly body?: JsonValue | Buffer;
  readonly type?: string | undefined;
  readonly accept?: string;
  readonly agent?: string;
  readonly user?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly bytes: Buffer;
  /** The body as JSON; fails when it is none. */
  readonly json: JsonObject;
  readonly warnings: readonly string[];
}

export interface Rig {
  readonly clock: FakeClock;
  readonly registry: ResourceRegistry;
  readonly store: Store;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Opens a watch; the reader takes everything until it is told to pause. */
  watch(path: string, options?: CallOptions & { readonly paused?: boolean }): Promise<WatchReader>;
  close(): Promise<void>;
}

/** The time at which every rig starts. */
export const startTime = new Date("2026-01-02T03:04:05Z");

const allowAll: Authorizer = { authorize: () => ({ decision: "Allow", reason: "" }) };

/** Opens a rig with the namespaces `default` and `other`. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const clock = fakeClock(startTime);
  const store = options.store ?? openMemoryStore();
  const definitions = [namespaceDefinition(), ...(options.definitions ?? [widgetDefinition()])];
  const cache = await openWatchCache(store, { clock, ...options.cache });
  const registry = new ResourceRegistry({ now: () => clock.now() });
  for (const definition of definitions) registry.add(definition, await cache.register(definition));
  const namespaces = registry.resource("", "namespaces");
  if (namespaces === undefined) throw new Error("no namespaces");
  const lifecycle = namespaceLifecycle(namespaceCacheSource(namespaces.cache));
  let serial = 0;
  const handler = createResourceHandler({
    registry,
    admission: admissionChain([lifecycle, ...(options.plugins ?? [])]),
    authorizer: options.authorizer ?? allowAll,
    clock,
    random: {
      uuid: () => `00000000-0000-4000-8000-${String((serial += 1)).padStart(12, "0")}`,
      integer: (max) => (serial += 1) % max,
    },
    ...options.deps,
  });
  const rig: Rig = {
    clock,
    registry,
    store,
    async call(method, path, call = {}) {
      const { response, warnings } = await answer({ handler, clock }, [method, path], call);
      if (!("body" in response)) throw new Error("a stream was answered");
      return toAnswer(response, warnings);
    },
    async watch(path, call = {}) {
      const abort = new AbortController();
      const { response } = await answer({ handler, clock }, ["GET", path], call, abort.signal);
      if (!("stream" in response)) throw new Error(toAnswer(response, []).text);
      const reader = watchReader(response, abort, call.paused === true);
      // The stream starts by itself; what it does without waiting for anything has happened then.
      await new Promise((resolve) => setImmediate(resolve));
      return reader;
    },
    async close() {
      cache.close();
      await store.close();
    },
  };
  for (const name of ["default", "other"]) {
    await rig.call("POST", "/api/v1/namespaces", {
      body: { apiVersion: "v1", kind: "Namespace", metadata: { name } },
    });
  }
  return rig;
}

/** The text at a path of an object; empty when there is none. */
export function textAt(object: JsonObject, ...path: string[]): string {
  const value = getPath(object, ...path);
  return typeof value === "string" ? value : "";
}

interface Server {
  readonly handler: Handler;
  readonly clock: FakeClock;
}

async function answer(
  { handler, clock }: Server,
  [method, url]: readonly [method: string, url: string],
  call: CallOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<{ response: ApiResponse; warnings: string[] }> {
  const [path = "", search = ""] = splitOnce(url, "?");
  const query = parseQuery(search);
  const warnings: string[] = [];
  const headers: Record<string, string | undefined> = {
    accept: call.accept,
    "user-agent": call.agent ?? "rig/1.0",
    "content-type": call.type,
  };
  const user: UserInfo = { name: call.user ?? "tester", groups: ["system:authenticated"] };
  const request: ApiRequest = {
    method,
    url,
    path: decodeURIComponent(path),
    query,
    header: (name) => headers[name.toLowerCase()],
    body: bodyOf(call.body),
    user,
    info: resolveRequestInfo(method, decodeURIComponent(path), query),
    auditId: "audit",
    signal,
    receivedAt: clock.now(),
    warn: (text) => warnings.push(text),
    annotate: () => undefined,
  };
  try {
    return { response: await handler(request), warnings };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "ApiError") throw error;
    return { response: statusResponse(error, call.accept, false), warnings };
  }
}

const splitOnce = (text: string, at: string): string[] => {
  const i = text.indexOf(at);
  return i < 0 ? [text] : [text.slice(0, i), text.slice(i + 1)];
};

function bodyOf(body: CallOptions["body"]): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : encodeJson(body));
}

function toAnswer(response: Extract<ApiResponse, { body: unknown }>, warnings: readonly string[]): Answer {
  const { body } = response;
  const bytes = Array.isArray(body) ? Buffer.concat(body as Buffer[]) : Buffer.from(body as Buffer | string);
  const text = bytes.toString("utf8");
  return {
    status: response.status,
    headers: response.headers,
    text,
    bytes,
    get json() {
      return decodeJson(text).value as JsonObject;
    },
    warnings: [...new Set(warnings)],
  };
}
