/**
 * The part of a server that knows about models: admission plugins, the subresources of ModelDeployment, the reconciler.
 * The same behind an embedded store and behind a cluster; only the client differs.
 */
import { Registry } from "@prometheus-io/client";
import { cleanupPlugin } from "../admission/cleanup-plugin.ts";
import { triggerReconcile, manifestsOf } from "../admission/connect.ts";
import { inferenceProviderPlugin } from "../admission/inference-provider-plugin.ts";
import type { LlamaStackPolicy } from "../admission/llamastack/options.ts";
import { defaultLlamaStackPolicy } from "../admission/llamastack/options.ts";
import { llamaStackPlugin } from "../admission/llamastack/plugin.ts";
import { modelDeploymentPlugins } from "../admission/model-deployment-plugins.ts";
import { namePlugin } from "../admission/name-plugin.ts";
import { renderDeployment } from "../admission/render.ts";
import { asKubeObject } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import { wholeObjectPlugin } from "../admission/whole-object-plugin.ts";
import type { Client } from "../cluster/client.ts";
import { createAsker } from "../cluster/ask-server.ts";
import { followDefinitions } from "../cluster/definition-follower.ts";
import type { Informer } from "../cluster/informer.ts";
import { startInformer } from "../cluster/informer.ts";
import type { Clock } from "../machinery/clock.ts";
import { encodeJson } from "../machinery/json/encode.ts";
import type { JsonObject } from "../machinery/json/value.ts";
import { startReconciler } from "../reconciler/controller.ts";
import type { ReconcilerHandle } from "../reconciler/controller.ts";
import type { LlamaStackReconcilerHandle } from "../reconciler/llamastack/controller.ts";
import { startLlamaStackReconciler } from "../reconciler/llamastack/controller.ts";
import { createReconcilerMetrics } from "../reconciler/metrics.ts";
import { inferenceProviders, modelDeployments } from "../reconciler/names.ts";
import type { ProviderReporter } from "../reconciler/providers/reporter.ts";
import { startProviderReporter } from "../reconciler/providers/reporter.ts";
import { ruleErrors } from "../reconciler/providers/rule-errors.ts";
import type { AdmissionPlugin } from "../server/admission/plugin.ts";
import type { Authorizer } from "../server/authz/authorizer.ts";
import type { ConnectHandler } from "../server/handlers/scope.ts";
import type { ApiResponse } from "../server/http/api-request.ts";
import type { Logger } from "../server/http/logger.ts";
import { definitionName } from "../transformers/definition-name.ts";
import type { RenderFacts } from "../transformers/llamastack/render/facts.ts";
import { transformers } from "../transformers/registry.ts";
import type { Transformer } from "../transformers/transformer.ts";
import { askAuthorizer } from "./ask-authorizer.ts";
import { programVersion } from "./commands/version.ts";
import { createDistributionBases } from "./distribution-bases.ts";

export interface ProductOptions {
  /** The API that holds ModelDeployments and takes the rendered resources, with every right the product needs. */
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Hawsepipe's own namespace, where its settings are. */
  readonly namespace?: string;
  /** Whether this process also keeps what it admits as rendered, now or when it is elected; absent: no. */
  readonly reconciles?: boolean;
  /** Whether the providers have operators of their own; absent: yes. */
  readonly hasOperators?: boolean;
  /** What an administrator decides about LlamaStackDistributions; absent: nothing. */
  readonly llamaStack?: LlamaStackPolicy;
}

export interface Product {
  /** `authorizer` decides the rights that go beyond the verb of a request. */
  plugins(authorizer: Authorizer): readonly AdmissionPlugin[];
  readonly connectors: ReadonlyMap<string, ConnectHandler>;
  /** Follows what admission reads; resolves when it has been read. Every replica does this. */
  start(): Promise<void>;
  /**
   * Starts what only one replica may do: providers are reported, then deployments are reconciled. Resolves when it is
   * known which providers are ready; it can be started again after it was stopped.
   */
  lead(): Promise<Leading>;
  stop(): Promise<void>;
}

export interface Leading {
  /** Fulfilled when every deployment has been read and is being looked at; rejects when that cannot begin. */
  readonly begun: Promise<void>;
  stop(): Promise<void>;
}

/** The namespace that stands for Hawsepipe's own where there is no cluster. */
const ownNamespace = "hawsepipe-system";

export function createProduct(options: ProductOptions): Product {
  const { client, clock, random, logger, metrics } = options;
  const end = new AbortController();
  const asker = createAsker(`hawsepipe/${programVersion()}`);
  let providers: Informer | undefined;
  let reporter: ProviderReporter | undefined;
  let reconciler: ReconcilerHandle | undefined;
  let llamaStack: LlamaStackReconcilerHandle | undefined;
  const onError = (what: string, err: unknown): void => {
    logger.warn({ what, err }, "the reconciler will try again");
  };
  const bases = createDistributionBases({
    client,
    clock,
    random,
    logger,
    namespace: options.namespace ?? ownNamespace,
    signal: end.signal,
    onError,
  });
  bases.onChange(() => {
    llamaStack?.lookAtAll();
  });
  bases.onRead((namespace, name) => {
    llamaStack?.requestNow(namespace, name);
  });
  const stackFacts = (): RenderFacts => ({
    ...(options.namespace === undefined ? {} : { operatorNamespace: options.namespace }),
    ...bases.facts(),
  });
  const rules = ruleErrors({
    client,
    clock,
    providerOf: (name) => providers?.get("", name) as InferenceProvider | undefined,
    onError,
  });
  /** What is rendered, and whether it can be, follows the kinds that are installed. */
  const followKinds = (): void => {
    followDefinitions({
      client,
      clock,
      random,
      signal: end.signal,
      names: transformers.flatMap((transformer) => definitionName(transformer) ?? []),
      onChange: (name) => {
        const changed = transformers.filter((transformer) => definitionName(transformer) === name);
        void findAnew(client, changed)
          .catch((error: unknown) => {
            onError("discovery", error);
          })
          .then(() => {
            reporter?.kindsChanged();
            reconciler?.kindsChanged();
          });
      },
      onError: (error) => {
        onError("customresourcedefinitions", error);
      },
    });
  };
  return {
    plugins: (authorizer) => [
      namePlugin(),
      wholeObjectPlugin(),
      ...modelDeploymentPlugins({
        client,
        listProviders: () => (providers?.list() ?? []) as unknown as readonly InferenceProvider[],
        authorize: askAuthorizer(authorizer),
        now: () => clock.now(),
        onRuleErrors: (provider, errors) => {
          rules.tell(provider, errors);
        },
      }),
      ...(options.reconciles === true ? [cleanupPlugin()] : []),
      llamaStackPlugin({
        client,
        authorize: askAuthorizer(authorizer),
        policy: options.llamaStack ?? defaultLlamaStackPolicy,
        resolutionOf: (distribution) => bases.known(distribution),
        facts: stackFacts,
      }),
      inferenceProviderPlugin(),
    ],
    connectors: new Map<string, ConnectHandler>([
      [
        "modeldeployments.hawsepipe.dev/manifests",
        async ({ cached }) => json(await manifestsOf(hub(cached.decode()), client)),
      ],
      [
        "modeldeployments.hawsepipe.dev/reconcile",
        async ({ namespace, name, cached }) => {
          // The leader sees the annotation as it sees any change, and looks at the deployment at once.
          if (reconciler === undefined) await askLeader(client, { namespace, name, at: clock.now() });
          return json(
            triggerReconcile({ namespace, name, uid: cached.uid }, () =>
              reconciler?.requestNow(namespace, name),
            ),
          );
        },
      ],
    ]),
    async start() {
      providers = startInformer({
        client,
        resource: inferenceProviders,
        clock,
        random,
        signal: end.signal,
        onError: (error) => {
          onError(inferenceProviders.resource, error);
        },
      });
      followKinds();
      await Promise.all([providers.synced, bases.start()]);
    },
    async lead() {
      const own = new Registry();
      const reconcilerMetrics = createReconcilerMetrics(own, clock);
      const reporting = startProviderReporter({
        client,
        clock,
        random,
        transformers,
        hasOperators: options.hasOperators ?? true,
        onError,
      });
      reporter = reporting;
      try {
        await reporting.synced;
      } catch (error) {
        reporter = undefined;
        await reporting.stop();
        throw error;
      }
      const reconciling = startReconciler({
        client,
        clock,
        random,
        metrics: reconcilerMetrics,
        transformers,
        renderDeployment,
        onError,
      });
      reconciler = reconciling;
      const stacks = startLlamaStackReconciler({
        ...{ client, clock, random, onError },
        metrics: reconcilerMetrics,
        operatorVersion: programVersion(),
        facts: stackFacts,
        ask: (url, asking) => asker.ask(url, asking),
        resolve: (distribution) => bases.resolve(distribution),
      });
      llamaStack = stacks;
      const lent = lendMetrics(own, metrics);
      // Where the other kind is not served yet, only its reconciler waits for it.
      const begun = reconciling.synced;
      // Whoever waits for it hears of its failure; until then nobody does.
      begun.catch(() => undefined);
      return {
        begun,
        async stop() {
          reporter = undefined;
          reconciler = undefined;
          llamaStack = undefined;
          await Promise.all([reconciling.stop(), stacks.stop(), reporting.stop()]);
          lent.takeBack();
        },
      };
    },
    async stop() {
      end.abort();
      rules.stop();
      await asker.close();
    },
  };
}

/** Has the client find anew where kinds live: admission asks it, and it keeps what it has found. */
async function findAnew(client: Client, changed: readonly Transformer[]): Promise<void> {
  for (const { apiVersions, kind } of changed) {
    for (const apiVersion of apiVersions) await client.resolve(apiVersion, kind, { fresh: true });
  }
}

/** Shows the metrics of one registry in another, until they are taken back: a name can be registered only once. */
function lendMetrics(own: Registry, shown: Registry): { takeBack(): void } {
  const lent = own.getMetricsAsArray().map(({ name }) => name);
  for (const name of lent) {
    const metric = own.getSingleMetric(name);
    if (metric !== undefined) shown.registerMetric(metric);
  }
  return {
    takeBack() {
      for (const name of lent) shown.removeSingleMetric(name);
    },
  };
}

/** Leaves word on the deployment that it wants to be looked at. */
async function askLeader(
  client: Client,
  { namespace, name, at }: { readonly namespace: string; readonly name: string; readonly at: Date },
): Promise<void> {
  const annotations = { "hawsepipe.dev/reconcile-requested-at": at.toISOString() };
  await client.mergePatch(modelDeployments, { namespace, name }, { metadata: { annotations } });
}

/** Objects are stored in the hub version. */
const hub = (object: JsonObject): ModelDeployment => asKubeObject(object) as unknown as ModelDeployment;

const json = (object: JsonObject): ApiResponse => ({
  status: 200,
  headers: { "Content-Type": "application/json" },
  body: `${encodeJson(object)}\n`,
});
