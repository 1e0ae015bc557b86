/**
 * What every verb is given: the request, the kind and version it names, and the parts of the server it may use.
 * Handlers hold no state of their own.
 */
import { goQuote } from "../../machinery/json/quote.ts";
import type { ApiError } from "../../api/errors/api-error.ts";
import { badRequest, notFound, timeout } from "../../api/errors/catalogue.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Clock } from "../../machinery/clock.ts";
import { pathSegment } from "../../machinery/names/names.ts";
import type { AdmissionChain } from "../admission/chain.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import type { ApiRequest, ApiResponse } from "../http/api-request.ts";
import type { WatchMetrics } from "../metrics/watch-metrics.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import type { ResourceRegistry } from "../registry/resource-registry.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import type { KeyedQueue } from "./keyed-queue.ts";

/** Randomness the server needs. */
export interface RandomSource {
  /** A lower-case UUID of version 4. */
  uuid(): string;
  /** An integer from 0 up to, not including, the maximum. */
  integer(max: number): number;
}

/** Answers a connect subresource such as `manifests`; the object exists and is in the version of the request. */
export type ConnectHandler = (context: {
  readonly request: ApiRequest;
  readonly version: ServedVersion;
  readonly namespace: string;
  readonly name: string;
  readonly object: JsonObject;
  readonly cached: CachedObject;
}) => Promise<ApiResponse>;

/** Answers a review: gets the decoded, defaulted and validated object, returns the object to answer. */
export type ReviewHandler = (
  object: JsonObject,
  context: { readonly request: ApiRequest; readonly version: ServedVersion; readonly namespace: string },
) => Promise<JsonObject>;

/** The parts of the server handlers use. */
export interface HandlerDeps {
  readonly registry: ResourceRegistry;
  readonly admission: AdmissionChain;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Keyed `<plural>.<group>/<subresource>`, without `.<group>` for the core group. */
  readonly connectors?: ReadonlyMap<string, ConnectHandler>;
  /** Keyed `<plural>.<group>`. */
  readonly reviews?: ReadonlyMap<string, ReviewHandler>;
  readonly watch?: WatchLimits;
  readonly watchMetrics?: WatchMetrics;
}

/** Bounds of a watch; absent ones take their defaults. */
export interface WatchLimits {
  /** Milliseconds between bookmarks, 60 000 by default. */
  readonly bookmarkIntervalMs?: number;
  /** Shortest time of a watch without timeoutSeconds, in seconds; 1800 by default, at most twice as long. */
  readonly minTimeoutSeconds?: number;
  /** Events a slow reader may be behind before its watch ends; 1000 by default. */
  readonly maxQueuedEvents?: number;
  /** Bytes a slow reader may be behind before its watch ends; 16 MiB by default. */
  readonly maxQueuedBytes?: number;
}

/** One request to one kind. */
export interface Scope {
  readonly deps: HandlerDeps;
  readonly writers: KeyedQueue;
  readonly request: ApiRequest;
  readonly version: ServedVersion;
  /** Empty for cluster-scoped kinds and requests over all namespaces. */
  readonly namespace: string;
  /** Empty for collections. */
  readonly name: string;
  readonly subresource: string;
}

/** The 404 of the object this request names; a name no object can have is the client's mistake. */
export function missing(scope: Scope): ApiError {
  const wrong = pathSegment(scope.name);
  if (wrong.length > 0) {
    return badRequest(`Name parameter invalid: ${goQuote(scope.name)}: ${wrong.join(";")}`);
  }
  return notFound(scope.version.resource.gr, scope.name);
}

/** Nothing is written for a client that was told it is too late, or that went away. */
export function throwIfLate(scope: Scope): void {
  if (scope.request.signal.aborted) throw timeout("request did not complete within the allotted timeout");
}
