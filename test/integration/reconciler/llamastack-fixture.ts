import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import { standaloneDefinitions } from "../../../cli/standalone/definitions.ts";
import { simulatedKinds } from "../../../cli/standalone/simulated-kinds.ts";
import { readBody } from "../../../cluster/answer.ts";
import { createAsker } from "../../../cluster/ask-server.ts";
import type { ResourceRef } from "../../../cluster/client.ts";
import { createInProcessTransport } from "../../../cluster/in-process-transport.ts";
import { resourcePath } from "../../../cluster/paths.ts";
import type { Controller } from "../../../cluster/standalone/garbage-collector/garbage-collector.ts";
import { startSimulator } from "../../../cluster/standalone/simulator/simulator.ts";
import type { LlamaStackReconcilerHandle } from "../../../reconciler/llamastack/controller.ts";
import { startLlamaStackReconciler } from "../../../reconciler/llamastack/controller.ts";
import { llamaStackDistributions } from "../../../reconciler/llamastack/names.ts";
import type { Resolution } from "../../../transformers/llamastack/resolve.ts";
import type { InProcessServer } from "../../support/in-process.ts";
import { eventually, openInProcessServer, quiet } from "../../support/in-process.ts";
import { unreadMetrics } from "../../support/reconciler-metrics.ts";

/** Kinds by name, as tests ask for them. */
const versions: Readonly<Record<string, string>> = {
  ConfigMap: "v1",
  Deployment: "apps/v1",
  Event: "v1",
  HorizontalPodAutoscaler: "autoscaling/v2",
  Ingress: "networking.k8s.io/v1",
  LlamaStackDistribution: "hawsepipe.dev/v1alpha2",
  NetworkPolicy: "networking.k8s.io/v1",
  PersistentVolumeClaim: "v1",
  PodDisruptionBudget: "policy/v1",
  Secret: "v1",
  Service: "v1",
  ServiceAccount: "v1",
};

/** A server with the reconciler on it, simulated controllers, and what servers of Llama Stack would answer. */
export interface StackCluster extends InProcessServer {
  readonly reconciler: LlamaStackReconcilerHandle;
  readonly errors: string[];
  /** What distributions stand for from now on. */
  resolution: Resolution;
  /** The version of Hawsepipe from the next start on. */
  operatorVersion: string;
  /** What running servers answer by path; nothing where the path is missing. */
  readonly answers: Map<string, unknown>;
  /** Where they were asked, without paths. */
  readonly asked: Set<string>;
  get(kind: string, name: string): Promise<KubeObject>;
  names(kind: string): Promise<readonly string[]>;
  put(name: string, spec: object): Promise<void>;
  /** Resolves with the distribution when its status says so for its newest spec. */
  until(
    name: string,
    says: (distribution: LlamaStackDistribution) => boolean,
  ): Promise<LlamaStackDistribution>;
  /** The reasons of the events about a distribution, each as often as it was told. */
  events(name: string): Promise<readonly string[]>;
  /** Resolves when the reconciler has stopped writing. */
  quiet(): Promise<void>;
  restart(): Promise<void>;
}

const admin = { name: "admin", groups: ["system:masters", "system:authenticated"] };

export async function openStackCluster(): Promise<StackCluster> {
  const definitions = standaloneDefinitions([]);
  const server = await openInProcessServer({ definitions });
  const errors: string[] = [];
  const onError = (what: string, error: unknown): void => {
    errors.push(`${what}: ${String(error)}`);
  };
  const answers = new Map<string, unknown>();
  const asked = new Set<string>();
  const stack = await listen(answers);
  const asker = createAsker("test/1");
  const { clock } = server;
  const simulator: Controller = startSimulator({
    ...{ clock, onError },
    random: () => 0.5,
    client: server.admin,
    kinds: simulatedKinds(definitions),
  });
  const start = (): LlamaStackReconcilerHandle =>
    startLlamaStackReconciler({
      client: server.client,
      clock,
      random: () => 0.01,
      metrics: unreadMetrics(),
      operatorVersion: cluster.operatorVersion,
      facts: () => ({ operatorNamespace: "hawsepipe-system", exposeDomain: "example.com" }),
      ask: (url, options) => {
        const { origin, pathname } = new URL(url);
        asked.add(origin);
        // How long an answer may take is tested elsewhere: here it comes, however busy the machine is.
        return asker.ask(`${stack.url}${pathname}`, { ...options, timeoutMs: 60_000 });
      },
      resolve: () => cluster.resolution,
      onError,
    });
  const refOf = async (kind: string): Promise<ResourceRef> => {
    const ref = await server.admin.resolve(versions[kind] ?? "", kind);
    if (ref === undefined) throw new Error(`${kind} is not served`);
    return ref;
  };
  const wire = createInProcessTransport((request) => server.server.api.dispatch(request), admin, clock);
  /** Unlike an update, a patch that says nothing of what was read meets no write of a status. */
  const replaceSpec = async (name: string, spec: object): Promise<void> => {
    const patch = [{ op: "replace", path: "/spec", value: spec }];
    const response = await wire.request({
      method: "PATCH",
      path: resourcePath(llamaStackDistributions, { namespace: "default", name }),
      headers: { accept: "application/json", "content-type": "application/json-patch+json" },
      body: Buffer.from(JSON.stringify(patch)),
    });
    const answer = await readBody(response);
    if (response.status !== 200) throw new Error(answer.toString());
  };
  let reconciler: LlamaStackReconcilerHandle | undefined;
  const cluster: StackCluster = {
    ...server,
    errors,
    answers,
    asked,
    resolution: {},
    operatorVersion: "1.0.0",
    get reconciler() {
      if (reconciler === undefined) throw new Error("not started");
      return reconciler;
    },
    get: async (kind, name) => server.admin.get(await refOf(kind), { namespace: "default", name }),
    async names(kind) {
      const { items } = await server.admin.list(await refOf(kind), { namespace: "default" });
      return items.map(({ metadata }) => metadata.name ?? "").sort();
    },
    async put(name, spec) {
      const found = await cluster.get("LlamaStackDistribution", name).catch(() => undefined);
      const object = { apiVersion: "hawsepipe.dev/v1alpha2", kind: "LlamaStackDistribution", spec };
      if (found === undefined) {
        await server.create({ ...object, metadata: { name, namespace: "default" } });
      } else await replaceSpec(name, spec);
    },
    until: (name, says) =>
      eventually(`the expected status of ${name}`, async () => {
        const found = await cluster.get("LlamaStackDistribution", name);
        const distribution = found as unknown as LlamaStackDistribution;
        const isCurrent = distribution.status?.observedGeneration === distribution.metadata.generation;
        if (isCurrent && says(distribution)) return distribution;
        throw new Error(JSON.stringify(distribution.status, undefined, 1));
      }),
    async events(name) {
      const { items } = await server.admin.list(await refOf("Event"), { namespace: "default" });
      return items
        .filter((event) => (event["involvedObject"] as { name?: string }).name === name)
        .flatMap((event) => Array.from({ length: Number(event["count"]) }, () => String(event["reason"])))
        .sort();
    },
    quiet: () => quiet(server.writes, 400),
    async restart() {
      await reconciler?.stop();
      reconciler = start();
      await reconciler.synced;
    },
    async close() {
      await reconciler?.stop();
      await simulator.stop();
      await asker.close();
      await stack.close();
      await wire.close();
      await server.close();
    },
  };
  await Promise.all([simulator.synced, cluster.restart()]);
  return cluster;
}

/** An HTTP server that answers as servers of Llama Stack do. */
async function listen(
  answers: ReadonlyMap<string, unknown>,
): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const body = answers.get(request.url ?? "");
    response.writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(body ?? { detail: "Not Found" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
