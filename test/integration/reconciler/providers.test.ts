import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderDeployment } from "../../../admission/render.ts";
import type { ModelDeployment } from "../../../api/modeldeployment/v1alpha2/types.ts";
import type { Client } from "../../../cluster/client.ts";
import type { Controller } from "../../../cluster/standalone/garbage-collector/garbage-collector.ts";
import { simulatedClaims } from "../../../cluster/standalone/simulator/claims.ts";
import { simulatedJobs } from "../../../cluster/standalone/simulator/jobs.ts";
import { simulatedDeployments } from "../../../cluster/standalone/simulator/deployments.ts";
import { startSimulator } from "../../../cluster/standalone/simulator/simulator.ts";
import { simulatedWorkspaces } from "../../../cluster/standalone/simulator/workspaces.ts";
import type { ReconcilerHandle } from "../../../reconciler/controller.ts";
import { startReconciler } from "../../../reconciler/controller.ts";
import { transformers } from "../../../transformers/registry.ts";
import { modelDeployments } from "../../support/client.ts";
import type { InProcessServer } from "../../support/in-process.ts";
import { eventually, openInProcessServer, quiet } from "../../support/in-process.ts";
import { aDeployment } from "../../support/objects.ts";
import { unreadMetrics } from "../../support/reconciler-metrics.ts";

let server: InProcessServer;
let simulator: Controller;
let reconciler: ReconcilerHandle;

const onError = (what: string, error: unknown): void => {
  throw new Error(what, { cause: error });
};
const start = (): ReconcilerHandle =>
  startReconciler({
    client: seesDeletionsFirst(server.client),
    clock: server.clock,
    random: () => 0.5,
    metrics: unreadMetrics(),
    transformers,
    renderDeployment,
    onError,
  });

/** A deletion is answered after its event has come, as it may happen with any server. */
const seesDeletionsFirst = (client: Client): Client =>
  new Proxy(client, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      if (key !== "delete") return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      return async (...args: unknown[]) => {
        await Reflect.apply(value, target, args);
        await new Promise((resolve) => setTimeout(resolve, 50));
      };
    },
  });

beforeAll(async () => {
  server = await openInProcessServer();
  simulator = startSimulator({
    client: server.admin,
    kinds: [simulatedClaims, simulatedJobs, simulatedDeployments, simulatedWorkspaces("v1beta1")],
    clock: server.clock,
    random: () => 0.5,
    onError,
  });
  reconciler = start();
  await Promise.all([simulator.synced, reconciler.synced]);
});
afterAll(async () => {
  await reconciler.stop();
  await simulator.stop();
  await server.close();
});

const workload = {
  env: [
    { name: "A", value: "1" },
    { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
  ],
  nodeSelector: { pool: "a" },
  tolerations: [{ key: "gpu", operator: "Exists", effect: "NoSchedule" }],
};
const volumes = [{ name: "weights", claimName: "weights", purpose: "modelCache" }];

describe.each([
  { name: "vllm-small", spec: {} },
  { name: "vllm-port", spec: { networking: { port: 8080 }, serving: { replicas: 3 } } },
  {
    name: "vllm-large",
    spec: { workload, model: { id: "org/m", volumes }, engine: { contextLength: 4096 } },
  },
  { name: "vllm-off", spec: { serving: { replicas: 0 } } },
  { name: "kaito-small", spec: { provider: { name: "kaito" }, model: { id: "phi-4-mini-instruct" } } },
])("$name", ({ name, spec }) => {
  test("comes to run, and then nothing is written any more, also after a restart", async () => {
    await server.create(aDeployment(name, spec));
    await eventually("phase Running", async () => {
      const found = await server.admin.get(modelDeployments, { namespace: "default", name });
      const { status, metadata } = found as unknown as ModelDeployment;
      if (status?.phase === "Running" && status.observedGeneration === metadata.generation) return true;
      throw new Error(JSON.stringify(status));
    });
    await quiet(server.writes, 800);
    const before = server.writes.length;
    await reconciler.stop();
    reconciler = start();
    await reconciler.synced;
    for (let i = 0; i < 10; i += 1) reconciler.requestNow("default", name);
    await quiet(server.writes, 300);
    expect(server.writes.slice(before)).toEqual([]);
  });
});

describe("a provider that renders nothing for zero replicas", () => {
  const at = { namespace: "default", name: "kaito-off" };
  const zero = { desired: 0, ready: 0, available: 0 };
  const scale = (replicas: number): Promise<unknown> =>
    server.admin.mergePatch(modelDeployments, at, { spec: { replicas } }, { subresource: "scale" });
  const find = async (): Promise<ModelDeployment> =>
    (await server.admin.get(modelDeployments, at)) as unknown as ModelDeployment;
  const conditions = ({ status }: ModelDeployment): Record<string, string> =>
    Object.fromEntries(
      (status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status}/${reason}`]),
    );
  const until = (ready: string): Promise<ModelDeployment> =>
    eventually(`Ready ${ready}`, async () => {
      const found = await find();
      const isCurrent = found.status?.observedGeneration === found.metadata.generation;
      if (isCurrent && conditions(found)["Ready"] === ready) return found;
      throw new Error(JSON.stringify(found.status));
    });
  const workspaces = async (): Promise<number> => {
    const resource = await server.admin.resolve("kaito.sh/v1beta1", "Workspace");
    if (resource === undefined) throw new Error("no Workspaces");
    const { items } = await server.admin.list(resource, { namespace: "default" });
    return items.filter(({ metadata }) => metadata.name === at.name).length;
  };

  /** Collects every state of the deployment from now on. */
  const follow = (): { end(): Promise<readonly ModelDeployment[]> } => {
    const stop = new AbortController();
    const found: ModelDeployment[] = [];
    const options = { namespace: "default", fieldSelector: `metadata.name=${at.name}`, signal: stop.signal };
    const following = (async () => {
      for await (const { object } of server.admin.watch(modelDeployments, options)) {
        found.push(object as unknown as ModelDeployment);
      }
    })();
    return {
      async end() {
        stop.abort();
        await following;
        return found;
      },
    };
  };

  test("says that it is scaled to zero, comes up, and goes down again without a Workspace", async () => {
    const spec = {
      provider: { name: "kaito" },
      model: { id: "phi-4-mini-instruct" },
      serving: { replicas: 0 },
    };
    const told = follow();
    await server.create(aDeployment(at.name, spec));
    const off = await until("True/ScaledToZero");
    expect(off.status).toMatchObject({ phase: "Running", replicas: zero });
    expect(conditions(off)["ResourceCreated"]).toBe("True/ResourceCreated");
    expect(await workspaces()).toBe(0);

    await scale(1);
    const on = await until("True/DeploymentReady");
    expect(on.status?.replicas).toMatchObject({ desired: 1, ready: 1 });
    expect(await workspaces()).toBe(1);

    await scale(0);
    expect((await until("True/ScaledToZero")).status).toMatchObject({ phase: "Running", replicas: zero });
    expect(await workspaces()).toBe(0);
    const statuses = await told.end();
    expect(statuses.length).toBeGreaterThan(3);
    const scaledToZero = statuses.filter((found) => conditions(found)["Ready"] === "True/ScaledToZero");
    expect([...new Set(scaledToZero.map(({ status }) => status?.phase))]).toEqual(["Running"]);
  });
});
