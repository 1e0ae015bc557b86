import { afterAll, beforeAll, expect, test } from "vitest";
import { modelDeploymentPlugins } from "../../../admission/model-deployment-plugins.ts";
import { renderDeployment } from "../../../admission/render.ts";
import type { InferenceProvider } from "../../../api/inferenceprovider/v1alpha1/types.ts";
import type { ModelDeployment } from "../../../api/modeldeployment/v1alpha2/types.ts";
import type { ReconcilerHandle } from "../../../reconciler/controller.ts";
import { startReconciler } from "../../../reconciler/controller.ts";
import { inferenceProviders } from "../../../reconciler/names.ts";
import { transformers } from "../../../transformers/registry.ts";
import { modelDeployments } from "../../support/client.ts";
import type { InProcessServer } from "../../support/in-process.ts";
import { eventually, openInProcessServer } from "../../support/in-process.ts";
import { aDeployment } from "../../support/objects.ts";
import { unreadMetrics } from "../../support/reconciler-metrics.ts";

let server: InProcessServer;
let reconciler: ReconcilerHandle;

const names = ["kaito", "vllm"];

/** Says of a provider that it is ready, or since when it is not. */
async function report(name: string, goneForMs?: number): Promise<void> {
  const seconds = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
  const now = server.clock.now().getTime();
  const ready = goneForMs === undefined;
  const condition = {
    type: "Ready",
    status: ready ? "True" : "False",
    reason: ready ? "KindServed" : "OperatorNotFound",
    message: ready ? "served" : "no operator",
    lastTransitionTime: seconds(now - (goneForMs ?? 0)),
  };
  const status = { ready, lastHeartbeat: seconds(now), conditions: [condition] };
  await server.admin.mergePatch(inferenceProviders, { name }, { status }, { subresource: "status" });
}

beforeAll(async () => {
  const listProviders = async (): Promise<InferenceProvider[]> =>
    (await server.admin.list(inferenceProviders)).items as unknown as InferenceProvider[];
  server = await openInProcessServer({
    plugins: modelDeploymentPlugins({ listProviders, now: () => server.clock.now() }),
  });
  for (const { name, defaults } of transformers.filter((each) => names.includes(each.name))) {
    await server.admin.create(inferenceProviders, {
      apiVersion: "hawsepipe.dev/v1alpha1",
      kind: "InferenceProvider",
      metadata: { name },
      spec: structuredClone(defaults),
    });
    await report(name);
  }
  reconciler = startReconciler({
    client: server.client,
    clock: server.clock,
    random: () => 0.5,
    metrics: unreadMetrics(),
    transformers,
    renderDeployment,
    onError: (what, error) => {
      throw new Error(what, { cause: error });
    },
  });
  await reconciler.synced;
});
afterAll(async () => {
  await reconciler.stop();
  await server.close();
});

const until = (name: string, words: string): Promise<ModelDeployment> =>
  eventually(`${name}: ${words}`, async () => {
    const found = (await server.admin.get(modelDeployments, {
      namespace: "default",
      name,
    })) as unknown as ModelDeployment;
    const isCurrent = found.status?.observedGeneration === found.metadata.generation;
    const conditions = (found.status?.conditions ?? []).map(
      ({ type, status, reason }) => `${type}=${status}/${reason}`,
    );
    if (isCurrent && [...conditions, `provider=${found.status?.provider?.name ?? ""}`].includes(words)) {
      return found;
    }
    throw new Error(JSON.stringify(found.status));
  });

test("without a live operator a status is not fresh, and only who wants to goes to another provider", async () => {
  const model = { id: "phi-4-mini-instruct" };
  await server.create(aDeployment("stays", { provider: { name: "kaito" }, model }));
  await server.create(aDeployment("moves", { provider: { name: "kaito", failover: true }, model }));
  for (const name of ["stays", "moves"]) await until(name, "StatusFresh=True/ProviderAlive");

  await report("kaito", 60_000);
  await until("stays", "StatusFresh=True/ProviderAlive");
  await report("kaito", 301_000);
  const stale = await until("stays", "StatusFresh=False/ProviderNotReady");
  expect(stale.status?.provider?.name).toBe("kaito");
  const moved = await until("moves", "provider=vllm");
  expect(moved.spec.provider).toMatchObject({ name: "vllm", failover: true });
  expect(moved.status?.selection?.providerReason).toContain("took over from kaito");

  await report("kaito");
  await until("stays", "StatusFresh=True/ProviderAlive");
  expect((await until("moves", "StatusFresh=True/ProviderAlive")).spec.provider?.name).toBe("vllm");
});
