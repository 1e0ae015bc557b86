/**
 * The api role: registered by APIServices, it answers for our group and those of custom kinds what kube-apiserver proxies
 * to it. Identity, rights, namespaces and admission webhooks are the cluster's; where objects are kept is the store's business.
 */
import { randomInt, randomUUID } from "node:crypto";
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import { createInProcessTransport } from "../../cluster/in-process-transport.ts";
import { createRestClient } from "../../cluster/rest-client.ts";
import { createRoutedTransport } from "../../cluster/routed-transport.ts";
import { createWebhookTransport } from "../../cluster/webhook-transport.ts";
import { namespaceLifecycle } from "../../server/admission/namespace-lifecycle.ts";
import type { AdmissionPlugin } from "../../server/admission/plugin.ts";
import { createParamSource } from "../../server/admission/policies/params.ts";
import { validatingPolicies } from "../../server/admission/policies/plugin.ts";
import { WebhookMetrics } from "../../server/admission/webhooks/metrics.ts";
import { mutatingWebhooks } from "../../server/admission/webhooks/mutating.ts";
import { validatingWebhooks } from "../../server/admission/webhooks/validating.ts";
import type { GenericServer, ServerFoundation } from "../../server/generic-server.ts";
import { openGenericServer } from "../../server/generic-server.ts";
import type { Handler } from "../../server/http/api-request.ts";
import type { Authorizer } from "../../server/authz/authorizer.ts";
import type { Store } from "../../server/storage/store.ts";
import { openAuditLog } from "../audit-log.ts";
import type { Front, Surroundings, WebhookRole } from "../cluster/front.ts";
import { ownAccount } from "../cluster/own-account.ts";
import { createProduct } from "../product.ts";
import { versionInfo } from "../server-version.ts";
import { callbackLimits } from "../webhooks/handlers.ts";
import { webhookPathsOf } from "../webhooks/reviewers.ts";
import { delegatedAuthenticator, delegatedAuthorization } from "./authorization.ts";
import type { Host } from "./host.ts";
import { followHost } from "./host.ts";
import { ownDefinitions, ownGroup } from "./own-definitions.ts";

export interface ApiFrontOptions extends Surroundings {
  /** Absent where another process answers the webhooks. */
  readonly webhooks?: WebhookRole;
  /** As for the product. */
  readonly reconciles: boolean;
  /** Kinds that are served beside our own. */
  readonly customKinds: readonly ResourceDefinition[];
  /** Opens where objects are kept; called when the cluster has been read. */
  readonly openStore: () => Promise<OpenedStore>;
  readonly auditLog?: string;
  /** Told what is being done when it takes long. */
  readonly progress: (text: string) => void;
  /** Ends the start where it waits for the cluster. */
  readonly signal: AbortSignal;
}

/** A store, and the paths it is looked after by. */
export interface OpenedStore {
  readonly store: Store;
  readonly paths: ReadonlyMap<string, Handler>;
}

/** The server, not yet listening. It answers its own parts from the start. */
export async function openApiFront(options: ApiFrontOptions): Promise<Front> {
  const { clock, logger, metrics, closing, namespace, webhooks } = options;
  const following = new AbortController();
  closing.add(() => {
    following.abort();
  });
  const cluster = followHost({ ...options, signal: following.signal });
  options.progress("reading the cluster");
  await orAborted(cluster.synced, options.signal);
  options.progress("reading the records");
  const { store, paths } = await options.openStore();
  closing.add(() => store.close());
  const { auditLog } = options;
  const audit = auditLog === undefined ? undefined : openAuditLog(auditLog, options);
  if (audit !== undefined) closing.add(() => audit.close());

  const self = ownAccount(namespace);
  const serving: { server?: GenericServer } = {};
  const own = createInProcessTransport(
    (request) => {
      if (serving.server === undefined) throw new Error("the server is not open yet");
      return serving.server.api.dispatch(request);
    },
    self,
    clock,
  );
  const product = createProduct({ ...options, client: routedClient(options, own) });
  const callers = webhooks?.callers;
  const authorization = delegatedAuthorization(
    options,
    { user: self, group: ownGroup },
    callers === undefined ? [] : [callers.authorizer],
  );
  const { authorizer } = authorization;
  const plugins = product.plugins(authorizer);
  const reviews =
    webhooks === undefined ? [] : webhookPathsOf({ ...options, ...webhooks, authorizer, plugins });
  const opened = await openGenericServer({
    store,
    definitions: [...ownDefinitions(), ...options.customKinds],
    authenticator: delegatedAuthenticator(cluster.trust, options, callers?.authenticators),
    authorization: () => authorization,
    servesReviews: false,
    plugins: clusterAdmission(options, cluster, plugins),
    connectors: product.connectors,
    paths: new Map([...paths, ...reviews]),
    limits: { callbacks: callbackLimits },
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
  return {
    api: opened.api,
    product,
    clientAuthorities: () =>
      [cluster.trust.current.authorities, callers?.authorities ?? ""].filter(Boolean).join("\n"),
    onAuthoritiesChange: (changed) => {
      cluster.trust.onChange(changed);
    },
  };
}

/** Our own group is answered in this process; the rest of the API is the cluster's. */
function routedClient(
  { transport, clock, userAgent }: ApiFrontOptions,
  own: ReturnType<typeof createInProcessTransport>,
): ReturnType<typeof createRestClient> {
  const routed = createRoutedTransport({ groups: [ownGroup], own, other: transport });
  return createRestClient({ transport: routed, clock, userAgent });
}

/** Admission in the place of kube-apiserver, which runs none for what it passes on. */
function clusterAdmission(
  { client, clock, metrics, userAgent, closing }: ApiFrontOptions,
  cluster: Host,
  ours: readonly AdmissionPlugin[],
): (foundation: ServerFoundation & { readonly authorizer: Authorizer }) => readonly AdmissionPlugin[] {
  const transport = createWebhookTransport({ userAgent });
  closing.add(() => transport.close());
  return ({ registry }) => {
    const webhooks = {
      registry,
      namespaceLabels: (name: string) => cluster.namespaces.labels(name),
      transport,
      clock,
      metrics: new WebhookMetrics(metrics),
    };
    return [
      namespaceLifecycle(cluster.namespaces),
      ...ours,
      mutatingWebhooks({ ...webhooks, source: cluster.webhooks.mutating, again: admitAgain(ours) }),
      validatingPolicies({
        ...webhooks,
        source: cluster.policies,
        namespaceObject: (name) => cluster.namespaces.object(name),
        params: createParamSource(client),
      }),
      validatingWebhooks({ ...webhooks, source: cluster.webhooks.validating }),
    ];
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
