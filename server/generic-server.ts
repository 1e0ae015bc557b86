/**
 * Puts the parts of the generic API server together: watch cache over a store, registry of kinds, admission, handlers,
 * discovery, OpenAPI, health and metrics behind one ApiServer. Knows no kind beyond what the definitions say.
 */
import type { Registry } from "@prometheus-io/client";
import type { ResourceDefinition } from "../api/meta/resource-definition.ts";
import { groupResource } from "../api/meta/types.ts";
import type { Clock } from "../machinery/clock.ts";
import { admissionChain } from "./admission/chain.ts";
import type { AdmissionPlugin } from "./admission/plugin.ts";
import type { AuditSink } from "./audit/sink.ts";
import type { Authenticator } from "./authn/authenticator.ts";
import type { Authorizer, RuleResolver } from "./authz/authorizer.ts";
import { reviewKinds } from "./authz/reviews/reviews.ts";
import { Discovery } from "./discovery/discovery.ts";
import type { ConnectHandler, RandomSource, WatchLimits } from "./handlers/scope.ts";
import type { HealthCheck } from "./health/health.ts";
import { healthHandler, pingCheck } from "./health/health.ts";
import type { Handler } from "./http/api-request.ts";
import type { HandlerTable } from "./http/handler-table.ts";
import { createHandlerTable } from "./http/handler-table.ts";
import type { Limits } from "./http/limits.ts";
import type { Logger } from "./http/logger.ts";
import { ApiServer } from "./http/server.ts";
import type { VersionInfo } from "./http/version.ts";
import { versionHandler } from "./http/version.ts";
import { registerKeptForms } from "./metrics/kept-forms-metrics.ts";
import { metricsHandler } from "./metrics/metrics-handler.ts";
import { WatchMetrics } from "./metrics/watch-metrics.ts";
import { OpenApi } from "./openapi/openapi.ts";
import { acceptProtobuf } from "./protobuf/accept-protobuf.ts";
import { createResourceHandler, pageNotFound } from "./registry/handler.ts";
import { ResourceRegistry } from "./registry/resource-registry.ts";
import type { Store } from "./storage/store.ts";
import type { WatchCache } from "./storage/watchcache/watch-cache.ts";
import { KeptForms } from "./storage/watchcache/kept-forms.ts";
import { openWatchCache } from "./storage/watchcache/watch-cache.ts";

/** What the parts that are chosen by the composer may build on. */
export interface ServerFoundation {
  readonly cache: WatchCache;
  readonly registry: ResourceRegistry;
}

/** Who may do what: the authorizer of all requests, and who can list a user's rules. */
export interface Authorization {
  readonly authorizer: Authorizer;
  readonly rules: RuleResolver;
}

export interface GenericServerOptions<A extends Authorization = Authorization> {
  readonly store: Store;
  readonly definitions: readonly ResourceDefinition[];
  readonly authenticator: Authenticator;
  /** Called when every kind is served, so that its caches can be used. */
  readonly authorization: (foundation: ServerFoundation) => A;
  /** In their order; namespace lifecycle is the composer's to include. */
  readonly plugins: (foundation: ServerFoundation & A) => readonly AdmissionPlugin[];
  /** Keyed `<plural>.<group>/<subresource>`. */
  readonly connectors?: ReadonlyMap<string, ConnectHandler>;
  /** Further paths that are no resources. */
  readonly paths?: ReadonlyMap<string, Handler>;
  /** False where somebody else answers questions about rights, as behind a kube-apiserver. */
  readonly servesReviews?: boolean;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly version: VersionInfo;
  readonly audit?: AuditSink;
  readonly limits?: Partial<Limits>;
  readonly watch?: WatchLimits;
  /** Beside ping, the store and shutdown. */
  readonly checks?: readonly HealthCheck[];
}

export interface GenericServer {
  readonly api: ApiServer;
  readonly cache: WatchCache;
  readonly registry: ResourceRegistry;
  readonly authorizer: Authorizer;
  /** Ends the server and its caches; the store stays open, it belongs to the caller. */
  close(): Promise<void>;
}

/** Opens the caches and compiles the kinds; the server answers `dispatch` from then on, and sockets after `listen`. */
export async function openGenericServer<A extends Authorization>(
  options: GenericServerOptions<A>,
): Promise<GenericServer> {
  const { clock, logger, metrics } = options;
  const forms = new KeptForms();
  registerKeptForms(metrics, () => forms.bytes);
  const cache = await openWatchCache(options.store, { clock, forms });
  const registry = new ResourceRegistry({ now: () => clock.now() });
  const foundation = { cache, registry };
  for (const definition of options.definitions) registry.add(definition, await cache.register(definition));
  const authorization = options.authorization(foundation);
  const reviews =
    options.servesReviews === false ? [] : reviewKinds({ ...authorization, now: () => clock.now() });
  for (const { definition } of reviews) registry.add(definition, await cache.register(definition));

  const resources = createResourceHandler({
    registry,
    admission: admissionChain(options.plugins({ ...foundation, ...authorization })),
    authorizer: authorization.authorizer,
    clock,
    random: options.random,
    connectors: options.connectors ?? new Map(),
    reviews: new Map(
      reviews.map((review) => [
        groupResource({ group: review.definition.group, resource: review.definition.plural }),
        (object, { request }) => review.create(object, request.user),
      ]),
    ),
    watchMetrics: new WatchMetrics(metrics),
    ...(options.watch === undefined ? {} : { watch: options.watch }),
  });

  const checks: HealthCheck[] = [
    pingCheck,
    {
      name: "store",
      check: () => {
        if (!cache.isAvailable || options.store.isReachable === false)
          throw new Error("the store cannot be reached");
      },
    },
    ...(options.checks ?? []),
  ];
  const paths = new Map<string, Handler>([
    ["/metrics", metricsHandler(metrics, clock)],
    ["/version", versionHandler(options.version)],
    ...(options.paths ?? []),
  ]);
  const prefixes = new Map<string, Handler>();
  const documents = createDocuments(registry, clock, options.version.gitVersion);
  const known = createHandlerTable({ resources: acceptProtobuf(resources), paths, prefixes });
  const handlers: HandlerTable = (info, path) => known(info, path) ?? documents(path);

  const api = new ApiServer({
    authenticator: options.authenticator,
    authorizer: authorization.authorizer,
    handlers,
    logger,
    clock,
    metrics,
    ...(options.audit === undefined ? {} : { audit: options.audit }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  for (const name of ["healthz", "livez", "readyz"] as const) {
    const handler = healthHandler(name, name === "readyz" ? [...checks, api.shutdownCheck] : checks, logger);
    paths.set(`/${name}`, handler);
    prefixes.set(`/${name}/`, handler);
  }
  return {
    api,
    cache,
    registry,
    authorizer: authorization.authorizer,
    async close() {
      await api.close();
      cache.close();
    },
  };
}

/** Discovery and OpenAPI of the kinds as they are now; made anew when a kind comes or goes. */
function createDocuments(
  registry: ResourceRegistry,
  clock: Clock,
  version: string,
): (path: string) => Handler | undefined {
  const build = (): { discovery: Discovery; openApi: OpenApi } => {
    const discovery = new Discovery(registry.definitions(), {
      paths: ["/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version"],
    });
    const info = { title: "Hawsepipe", version };
    return { discovery, openApi: new OpenApi(discovery.groups, { info, since: clock.now() }) };
  };
  let current = build();
  registry.onChange(() => {
    current = build();
  });
  return (path) => {
    const { discovery, openApi } = current;
    const serves = discovery.has(path) ? discovery : openApi.has(path) ? openApi : undefined;
    return serves === undefined ? undefined : async (request) => serves.serve(request) ?? pageNotFound();
  };
}
