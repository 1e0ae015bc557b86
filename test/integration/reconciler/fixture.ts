import type { KubeObject } from "../../../api/meta/types.ts";
import type { ModelDeployment } from "../../../api/modeldeployment/v1alpha2/types.ts";
import type { ReconcilerHandle } from "../../../reconciler/controller.ts";
import { startReconciler } from "../../../reconciler/controller.ts";
import type { ObservedResource, ProviderStatus, Transformer } from "../../../transformers/transformer.ts";
import { modelDeployments } from "../../support/client.ts";
import type { InProcessServer } from "../../support/in-process.ts";
import { eventually, openInProcessServer, quiet } from "../../support/in-process.ts";
import { aDeployment } from "../../support/objects.ts";
import { unreadMetrics } from "../../support/reconciler-metrics.ts";

/** The kinds tests look at, found by discovery once. */
export interface Cluster extends InProcessServer {
  readonly reconciler: ReconcilerHandle;
  readonly errors: string[];
  get(kind: "Deployment" | "Service" | "Workspace" | "ModelDeployment", name: string): Promise<KubeObject>;
  absent(kind: "Deployment" | "Service" | "Workspace" | "ModelDeployment", name: string): Promise<boolean>;
  /** Resolves with the deployment when its status says so for its newest spec. */
  until(name: string, says: (deployment: ModelDeployment) => boolean): Promise<ModelDeployment>;
  /** Resolves when the reconciler has stopped writing. */
  quiet(): Promise<void>;
  restart(): Promise<void>;
}

const versions = {
  Deployment: "apps/v1",
  Service: "v1",
  Workspace: "kaito.sh/v1beta1",
  ModelDeployment: "hawsepipe.dev/v1alpha2",
} as const;

/** A server with a reconciler on it and providers of the test's own. */
export async function openCluster(options: { readonly fullPassMs?: number } = {}): Promise<Cluster> {
  const server = await openInProcessServer();
  const errors: string[] = [];
  const start = (): ReconcilerHandle =>
    startReconciler({
      ...options,
      client: server.client,
      clock: server.clock,
      random: () => 0.5,
      metrics: unreadMetrics(),
      transformers: [alpha, beta, ghost],
      renderDeployment: (deployment, facts) => {
        const transformer = [alpha, beta, ghost].find(({ name }) => name === deployment.spec.provider?.name);
        if (transformer === undefined) throw new Error("no transformer");
        return transformer.render(deployment, facts);
      },
      onError: (what, error) => {
        errors.push(`${what}: ${String(error)}`);
      },
    });
  let reconciler = start();
  await reconciler.synced;
  const refOf = async (kind: keyof typeof versions): ReturnType<typeof server.admin.resolve> =>
    server.admin.resolve(versions[kind], kind);
  const cluster: Cluster = {
    ...server,
    errors,
    get reconciler() {
      return reconciler;
    },
    async get(kind, name) {
      const resource = await refOf(kind);
      if (resource === undefined) throw new Error(`${kind} is not served`);
      return server.admin.get(resource, { namespace: "default", name });
    },
    absent: (kind, name) =>
      cluster.get(kind, name).then(
        () => false,
        (error: unknown) => (error as { code?: number }).code === 404,
      ),
    until: (name, says) =>
      eventually(`the expected status of ${name}`, async () => {
        const deployment = (await cluster.get("ModelDeployment", name)) as unknown as ModelDeployment;
        const isCurrent = deployment.status?.observedGeneration === deployment.metadata.generation;
        if (isCurrent && says(deployment)) return deployment;
        throw new Error(JSON.stringify(deployment.status));
      }),
    quiet: () => quiet(server.writes, 100),
    async restart() {
      await reconciler.stop();
      reconciler = start();
      await reconciler.synced;
    },
    async close() {
      await reconciler.stop();
      await server.close();
    },
  };
  return cluster;
}

/** Creates a deployment of one of the test's providers. */
export async function deploy(
  cluster: Cluster,
  name: string,
  spec: Readonly<Record<string, object>> = {},
): Promise<KubeObject> {
  return cluster.create(aDeployment(name, { provider: { name: "alpha" }, ...spec }));
}

export async function edit(cluster: Cluster, name: string, spec: object): Promise<void> {
  await cluster.admin.mergePatch(modelDeployments, { namespace: "default", name }, { spec });
}

/** A Deployment and a Service, as a provider without an operator would have. */
export const alpha: Transformer = {
  name: "alpha",
  defaults: {},
  apiVersions: ["apps/v1"],
  kind: "Deployment",
  renders: [
    { apiVersion: "apps/v1", kind: "Deployment" },
    { apiVersion: "v1", kind: "Service" },
  ],
  podSpecs: {},
  amounts: [],
  render(deployment) {
    const { name = "", namespace = "" } = deployment.metadata;
    const labels = { app: name };
    const resources: KubeObject[] = [
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace, labels },
        spec: {
          replicas: deployment.spec.serving?.replicas ?? 1,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              containers: [
                {
                  name: "engine",
                  image: deployment.spec.engine?.image ?? "engine:v1",
                  args: ["--model", deployment.spec.model.id ?? ""],
                  ports: [{ name: "http", containerPort: 8000 }],
                  resources: { limits: { memory: "1024Mi", "nvidia.com/gpu": 1 } },
                },
              ],
            },
          },
        },
      },
    ];
    if (deployment.spec.networking?.port !== undefined) {
      resources.push({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, namespace, labels },
        spec: { selector: labels, ports: [{ port: deployment.spec.networking.port, targetPort: "http" }] },
      });
    }
    const isIgnored = deployment.spec.engine?.contextLength !== undefined;
    return {
      resources,
      warnings: [],
      errors: [],
      unsupported: isIgnored ? [{ path: "spec.engine.contextLength", reason: "alpha has no such flag" }] : [],
    };
  },
  status: (deployment, observed) => statusOfReplicas(deployment, observed),
  immutable: (before, after) =>
    JSON.stringify(selectorOf(before)) === JSON.stringify(selectorOf(after)) ? [] : ["spec.selector"],
};

const selectorOf = (object: KubeObject): unknown =>
  (object.spec as { selector?: unknown } | undefined)?.selector;

/** Models the server refuses the Workspace of. */
export const refusedModels = new Set(["refused/model"]);

/** A Workspace, as a provider with an operator would have. */
export const beta: Transformer = {
  name: "beta",
  defaults: {},
  apiVersions: ["kaito.sh/v1beta1"],
  kind: "Workspace",
  renders: [{ apiVersion: "kaito.sh/v1beta1", kind: "Workspace" }],
  podSpecs: {},
  amounts: [],
  render: (deployment) => ({
    resources: [
      {
        apiVersion: "kaito.sh/v1beta1",
        kind: "Workspace",
        metadata: { name: deployment.metadata.name ?? "", namespace: deployment.metadata.namespace ?? "" },
        resource: { labelSelector: { matchLabels: { pool: "a" } } },
        // A value the server refuses, for a replacement that must not happen.
        inference: { preset: { name: refusedModels.has(deployment.spec.model.id ?? "") ? 7 : "small" } },
      },
    ],
    warnings: [],
    errors: [],
    unsupported: [],
  }),
  status: (deployment, observed) => statusOfReplicas(deployment, observed),
  immutable: () => [],
};

/** A provider whose kind no server here has. */
const ghost: Transformer = {
  ...beta,
  name: "ghost",
  apiVersions: ["ghost.example.com/v1"],
  kind: "Ghost",
  renders: [{ apiVersion: "ghost.example.com/v1", kind: "Ghost" }],
  render: (deployment) => ({
    ...beta.render(deployment, { apiVersion: "" }),
    resources: [
      {
        apiVersion: "ghost.example.com/v1",
        kind: "Ghost",
        metadata: { name: deployment.metadata.name ?? "", namespace: deployment.metadata.namespace ?? "" },
      },
    ],
  }),
};

function statusOfReplicas(
  deployment: ModelDeployment,
  observed: readonly ObservedResource[],
): ProviderStatus {
  const object = observed[0]?.object;
  const status = (object?.status ?? {}) as { readyReplicas?: number; observedGeneration?: number };
  const desired = deployment.spec.serving?.replicas ?? 1;
  const ready = status.readyReplicas ?? 0;
  const isRunning = ready >= desired;
  return {
    phase: isRunning ? "Running" : "Deploying",
    message: `${String(ready)} of ${String(desired)} ready`,
    reason: isRunning ? "DeploymentReady" : "DeploymentInProgress",
    replicas: { desired, ready, available: ready },
    endpoint: { service: object?.metadata.name ?? "", port: 80 },
    isStale: status.observedGeneration !== object?.metadata.generation,
  };
}
