/**
 * The part of a server that knows about models: admission plugins, the subresources of ModelDeployment, the reconciler.
 * The same behind an embedded store and behind a cluster; only the client differs.
 */
import type { Registry } from "@prometheus-io/client";
import { triggerReconcile, manifestsOf } from "../admission/connect.ts";
import { inferenceProviderPlugin } from "../admission/inference-provider-plugin.ts";
import { modelDeploymentPlugins } from "../admission/model-deployment-plugins.ts";
import { renderDeployment } from "../admission/render.ts";
import { asKubeObject } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { Client } from "../cluster/client.ts";
import type { Clock } from "../machinery/clock.ts";
import { encodeJson } from "../machinery/json/encode.ts";
import type { JsonObject } from "../machinery/json/value.ts";
import { startReconciler } from "../reconciler/controller.ts";
import type { ReconcilerHandle } from "../reconciler/controller.ts";
import type { ProviderReporter } from "../reconciler/providers/reporter.ts";
import { startProviderReporter } from "../reconciler/providers/reporter.ts";
import type { AdmissionPlugin } from "../server/admission/plugin.ts";
import type { Authorizer } from "../server/authz/authorizer.ts";
import type { ConnectHandler } from "../server/handlers/scope.ts";
import type { ApiResponse } from "../server/http/api-request.ts";
import type { Logger } from "../server/http/logger.ts";
import { transformers } from "../transformers/registry.ts";

export interface ProductOptions {
  /** The API that holds ModelDeployments and takes the rendered resources, with every right the product needs. */
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Registry;
}

export interface Product {
  /** `authorizer` decides the rights that go beyond the verb of a request. */
  plugins(authorizer: Authorizer): readonly AdmissionPlugin[];
  readonly connectors: ReadonlyMap<string, ConnectHandler>;
  /** Starts what runs beside requests; resolves when requests can be admitted. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createProduct(options: ProductOptions): Product {
  const { client, clock, random, logger, metrics } = options;
  let reporter: ProviderReporter | undefined;
  let reconciler: ReconcilerHandle | undefined;
  const onError = (what: string, err: unknown): void => {
    logger.warn({ what, err }, "the reconciler will try again");
  };
  return {
    plugins: (authorizer) => [
      ...modelDeploymentPlugins({
        client,
        listProviders: () => reporter?.list() ?? [],
        authorize: async ({ user, ...question }) => {
          const decision = await authorizer.authorize({
            ...question,
            user,
            isResourceRequest: true,
            subresource: "",
            path: "",
          });
          return decision.decision === "Allow";
        },
        now: () => clock.now(),
        onRuleErrors: (provider, errors) => reporter?.reportRuleErrors(provider, errors),
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
        async ({ namespace, name, cached }) =>
          json(
            triggerReconcile({ namespace, name, uid: cached.uid }, () =>
              reconciler?.requestNow(namespace, name),
            ),
          ),
      ],
    ]),
    async start() {
      reporter = startProviderReporter({ client, clock, random, transformers, onError });
      await reporter.synced;
      reconciler = startReconciler({
        client,
        clock,
        random,
        metrics,
        transformers,
        renderDeployment,
        onError,
      });
      await reconciler.synced;
    },
    async stop() {
      await reconciler?.stop();
      await reporter?.stop();
    },
  };
}

/** Objects are stored in the hub version. */
const hub = (object: JsonObject): ModelDeployment => asKubeObject(object) as unknown as ModelDeployment;

const json = (object: JsonObject): ApiResponse => ({
  status: 200,
  headers: { "Content-Type": "application/json" },
  body: `${encodeJson(object)}\n`,
});
