/**
 * A server that extends a cluster: registered as an APIService, it answers for our group what kube-apiserver proxies to
 * it. Identity, rights, namespaces and admission webhooks are the cluster's; objects are records in the cluster. Every
 * replica serves; one leads.
 */
import { randomInt, randomUUID } from "node:crypto";
import { Registry } from "@prometheus-io/client";
import { openAuditLog } from "../audit-log.ts";
import { defaultIdentities } from "../../admission/guard/identities.ts";
import { inferenceProviderDefinition } from "../../api/inferenceprovider/definition.ts";
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import type { UserInfo } from "../../api/meta/user.ts";
import { modelDeploymentDefinition } from "../../api/modeldeployment/definition.ts";
import type { Client } from "../../cluster/client.ts";
import type { ClusterConnection } from "../../cluster/connection.ts";
import { createFairTransport } from "../../cluster/fair-transport.ts";
import { createHttpTransport } from "../../cluster/http-transport.ts";
import { createInProcessTransport } from "../../cluster/in-process-transport.ts";
import { createRestClient } from "../../cluster/rest-client.ts";
import { createRoutedTransport } from "../../cluster/routed-transport.ts";
import { createWebhookTransport } from "../../cluster/webhook-transport.ts";
import { modelDeploymentConverter } from "../../conversion/modeldeployment/converter.ts";
import type { Clock } from "../../machinery/clock.ts";
import { namespaceLifecycle } from "../../server/admission/namespace-lifecycle.ts";
import type { AdmissionPlugin } from "../../server/admission/plugin.ts";
import { WebhookMetrics } from "../../server/admission/webhooks/metrics.ts";
import { mutatingWebhooks } from "../../server/admission/webhooks/mutating.ts";
import { validatingWebhooks } from "../../server/admission/webhooks/validating.ts";
import type { Authorizer } from "../../server/authz/authorizer.ts";
import type { GenericServer } from "../../server/generic-server.ts";
import { openGenericServer } from "../../server/generic-server.ts";
import type { Handler } from "../../server/http/api-request.ts";
import type { Logger } from "../../server/http/logger.ts";
import { servingContext } from "../../server/tls/serving-context.ts";
import { programVersion } from "../commands/version.ts";
import { createProduct } from "../product.ts";
import { versionInfo } from "../server-version.ts";
import { webhookHandlers, webhookPaths } from "../webhooks/handlers.ts";
import { createClusterGuard, createReviewers } from "../webhooks/reviewers.ts";
import { delegatedAuthenticator, delegatedAuthorization } from "./authorization.ts";
import type { CertificateFiles } from "./certificates.ts";
import { certificateSource } from "./certificates.ts";
import { Closing } from "./closing.ts";
import { followHost } from "./host.ts";
import { takePartInElection } from "./leadership.ts";
import { openRecords } from "./records.ts";

export interface AggregatedOptions {
  readonly connection: ClusterConnection;
  /** Where Hawsepipe's own objects are: records, lease, certificate. */
  readonly namespace: string;
  /** The Service in front of the replicas. */
  readonly service: string;
  /** Unlike that of any other replica, now or ever. */
  readonly identity: string;
  readonly bindAddress: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly certificates?: CertificateFiles;
  /** False where another process reconciles. */
  readonly leads: boolean;
  readonly auditLog?: string;
  /** How long a server that is stopping goes on serving, so that nobody new is sent to it. */
  readonly lameDuckMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told what is being done when it takes long. */
  readonly progress: (text: string) => void;
  /** Ends the start where it waits for the cluster. */
  readonly signal: AbortSignal;
}

export interface Aggregated {
  readonly url: string;
  /** The cluster, with this server's rights. */
  readonly client: Client;
  close(): Promise<void>;
}

const group = "hawsepipe.dev";
/** The kinds of our group, and nothing else: the rest of the API is the cluster's. */
export const ownDefinitions = (): readonly ResourceDefinition[] => [
  modelDeploymentDefinition(modelDeploymentConverter),
  inferenceProviderDefinition(),
];

/** Resolves when the server listens and admits; what was opened is closed again when that fails. */
export async function startAggregated(options: AggregatedOptions): Promise<Aggregated> {
  const closing = new Closing();
  try {
    return await start(options, closing);
  } catch (error) {
    await closing.run();
    throw error;
  }
}

async function start(options: AggregatedOptions, closing: Closing): Promise<Aggregated> {
  const { clock, logger, namespace } = options;
  const random = Math.random;
  const metrics = new Registry();
  const userAgent = `hawsepipe/${programVersion()}`;
  const host = createFairTransport({ transport: createHttpTransport(options.connection), clock, random });
  closing.add(() => host.close());
  const client = createRestClient({ transport: host, clock, userAgent });
  const following = new AbortController();
  closing.add(() => {
    following.abort();
  });
  const common = { client, clock, random, logger };
  const cluster = followHost({ ...common, signal: following.signal });
  options.progress("reading the cluster");
  await orAborted(cluster.synced, options.signal);

  options.progress("reading the records");
  const store = await openRecords({ ...options, ...common });
  closing.add(() => store.close());
  const { auditLog } = options;
  const audit = auditLog === undefined ? undefined : openAuditLog(auditLog, options);
  if (audit !== undefined) closing.add(() => audit.close());

  const self = serviceAccount(namespace);
  const serving: { server?: GenericServer } = {};
  const own = createInProcessTransport((request) => {
    if (serving.server === undefined) throw new Error("the server is not open yet");
    return serving.server.api.dispatch(request);
  }, self);
  const routed = createRoutedTransport({ groups: [group], own, other: host });
  const product = createProduct({
    ...common,
    client: createRestClient({ transport: routed, clock, userAgent }),
    metrics,
  });
  const authorization = delegatedAuthorization(common, { user: self, group });
  const webhookTransport = createWebhookTransport({ userAgent });
  closing.add(() => webhookTransport.close());
  const opened = await openGenericServer({
    store,
    definitions: ownDefinitions(),
    authenticator: delegatedAuthenticator(cluster.trust, common),
    authorization: () => authorization,
    servesReviews: false,
    plugins: ({ registry, authorizer }): readonly AdmissionPlugin[] => {
      const webhooks = {
        registry,
        namespaceLabels: (name: string) => cluster.namespaces.labels(name),
        transport: webhookTransport,
        clock,
        metrics: new WebhookMetrics(metrics),
      };
      const ours = product.plugins(authorizer);
      return [
        namespaceLifecycle(cluster.namespaces),
        ...ours,
        mutatingWebhooks({ ...webhooks, source: cluster.webhooks.mutating, again: admitAgain(ours) }),
        validatingWebhooks({ ...webhooks, source: cluster.webhooks.validating }),
      ];
    },
    connectors: product.connectors,
    paths: guardPath({ ...options, ...common, authorizer: authorization.authorizer }, following.signal),
    checks: cluster.checks,
    clock,
    random: { uuid: randomUUID, integer: (max) => randomInt(max) },
    logger,
    metrics,
    version: versionInfo(),
    ...(audit === undefined ? {} : { audit: audit.sink }),
  });
  serving.server = opened;
  closing.add(async () => {
    await own.close();
    await opened.api.close({ lameDuckMs: options.lameDuckMs, sendRetryAfter: true });
    await opened.close();
  });
  await product.start();
  closing.add(() => product.stop());

  const certificates = certificateSource({
    ...common,
    namespace,
    service: options.service,
    ...(options.certificates === undefined ? {} : { files: options.certificates }),
  });
  await certificates.start();
  closing.add(() => {
    certificates.stop();
  });
  const context = servingContext({
    source: certificates,
    clientAuthorities: () => cluster.trust.current.authorities,
    metrics,
  });
  await opened.api.listen({ host: options.bindAddress, port: options.port, tls: context.current });
  context.follow((tls) => {
    opened.api.setSecureContext(tls);
  });
  cluster.trust.onChange(() => {
    context.authoritiesChanged();
  });

  if (options.leads) {
    const candidacy = new AbortController();
    const election = takePartInElection({
      ...common,
      namespace,
      identity: options.identity,
      product,
      certificates,
      targets: authorityTargets(),
      signal: candidacy.signal,
    });
    closing.add(async () => {
      candidacy.abort();
      await election;
    });
  }
  const address = options.bindAddress.includes(":") ? `[${options.bindAddress}]` : options.bindAddress;
  return {
    url: `https://${address}:${String(opened.api.address?.port ?? options.port)}`,
    client,
    close: () => closing.run(),
  };
}

/** What carries the CA bundle clients of this server should trust. */
function authorityTargets(): {
  apiServices: readonly string[];
  mutatingWebhooks: readonly string[];
  validatingWebhooks: readonly string[];
} {
  const versions = new Set(
    ownDefinitions().flatMap((definition) => definition.versions.map(({ name }) => name)),
  );
  return {
    apiServices: [...versions].map((version) => `${version}.${group}`),
    mutatingWebhooks: [],
    validatingWebhooks: ["hawsepipe-guard"],
  };
}

/** Our own plugins once more over what a webhook changed, as kube-apiserver does with its own. */
function admitAgain(
  plugins: readonly AdmissionPlugin[],
): NonNullable<Parameters<typeof mutatingWebhooks>[0]["again"]> {
  return async (attributes) => {
    for (const plugin of plugins) if (plugin.handles(attributes)) await plugin.admit?.(attributes);
  };
}

/** Who the server's own parts are: to webhooks and in the audit log the same as in the cluster. */
const serviceAccount = (namespace: string): UserInfo => ({
  name: `system:serviceaccount:${namespace}:hawsepipe`,
  groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
});

/** The guard over what is rendered; the other webhooks are for clusters that keep our kinds as CRDs. */
function guardPath(
  options: Pick<AggregatedOptions, "namespace" | "clock"> & {
    readonly client: Client;
    readonly random: () => number;
    readonly authorizer: Authorizer;
  },
  signal: AbortSignal,
): ReadonlyMap<string, Handler> {
  const ours = { users: [serviceAccount(options.namespace).name], groups: [] };
  const guard = createClusterGuard({ ...options, identities: defaultIdentities(ours), signal });
  const handlers = webhookHandlers(createReviewers({ client: options.client, plugins: [], guard }));
  return new Map([...handlers].filter(([path]) => path === webhookPaths.guard));
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(new Error("stopped before the server was ready"));
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", abort);
    });
  });
}
