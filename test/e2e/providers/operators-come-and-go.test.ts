/**
 * What becomes of models when what serves them is installed, upgraded, dies and is removed, on a real kube-apiserver. Time
 * moves only when a test says so, so whatever happens before was seen, not asked for. Hawsepipe has the rights of its
 * manifests and no others.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InferenceProvider } from "../../../api/inferenceprovider/v1alpha1/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { ModelDeployment } from "../../../api/modeldeployment/v1alpha2/types.ts";
import { kubeconfig } from "../../../cli/kubeconfig.ts";
import type { ControlPlane } from "../../../hack/controlplane/start.ts";
import { startControlPlane } from "../../../hack/controlplane/start.ts";
import { inferenceProviders } from "../../../reconciler/names.ts";
import { deployments, modelDeployments } from "../../support/client.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import { eventually, kubectlFor, succeeding } from "../../support/kubectl.ts";
import { movableClock } from "../../support/movable-clock.ts";
import { aDeployment } from "../../support/objects.ts";
import type { WorkspaceDefinition } from "../../support/older-workspaces.ts";
import { workspacesInTwoVersions } from "../../support/older-workspaces.ts";
import type { ProductHost } from "../../support/product-host.ts";
import { openProductHost } from "../../support/product-host.ts";
import { repository } from "../../support/standalone.ts";

const reason = noControlPlane(["kubectl"]);
if (reason !== undefined) console.warn(`skipped: operators that come and go (${reason})`);

/** KAITO's kind in two versions of one shape, of which the newer is not served at first. */
function definitionOfWorkspaces(): WorkspaceDefinition {
  const definition = workspacesInTwoVersions();
  const [newer, older] = definition.spec.versions;
  Object.assign(newer ?? {}, { served: false, storage: false });
  Object.assign(older ?? {}, { storage: true });
  return definition;
}

const operator = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "workspace", namespace: "kaito", labels: { "app.kubernetes.io/name": "workspace" } },
  spec: {
    selector: { matchLabels: { app: "kaito" } },
    template: {
      metadata: { labels: { app: "kaito" } },
      spec: { containers: [{ name: "manager", image: "manager" }] },
    },
  },
};
const crdPath = "/spec/versions/0/served";

describe.skipIf(reason !== undefined)("a provider's operator", () => {
  // What follows a change by itself, for as long as discovery may be behind it, is not waited for in vain.
  const clock = movableClock(16_000);
  const model = { id: "phi-4-mini-instruct" };
  let plane: ControlPlane;
  let host: ProductHost;
  let run: ReturnType<typeof succeeding>;

  beforeAll(async () => {
    plane = await startControlPlane();
    run = succeeding(kubectlFor(plane.kubeconfig));
    await run("create namespace kaito");
    await run("create -f -", operator);
    await operatorHas(1);
    host = await openProductHost(await ownAccount(), clock);
  });
  afterAll(async () => {
    await host.close();
    await plane.stop();
  });

  /** A kubeconfig of the account Hawsepipe has in a cluster, with the rights of the manifests and no others. */
  async function ownAccount(): Promise<string> {
    await run("create namespace hawsepipe-system");
    await run(["apply", "-f", path.join(repository, "manifests/crd/own-rights.yaml")]);
    const user = "system:serviceaccount:hawsepipe-system:hawsepipe";
    const credentials = await plane.certificates.issue(user, ["system:serviceaccounts"]);
    const file = path.join(plane.directory, "own-account.kubeconfig");
    const init = { server: plane.url, ca: plane.certificates.ca, user, credentials };
    writeFileSync(file, kubeconfig(init), { mode: 0o600 });
    return file;
  }
  async function operatorHas(availableReplicas: number): Promise<void> {
    const status = { replicas: 1, readyReplicas: availableReplicas, availableReplicas };
    await run([
      "patch",
      "deployment/workspace",
      "-n",
      "kaito",
      "--subresource=status",
      "--type=merge",
      "-p",
      JSON.stringify({ status }),
    ]);
  }
  const serveNewer = (isServed: boolean): Promise<unknown> =>
    run([
      ...["patch", "crd/workspaces.kaito.sh", "--type=json", "-p"],
      JSON.stringify([{ op: "replace", path: crdPath, value: isServed }]),
    ]);
  /** Lets time go by, in steps after which every provider is alive that was: nobody is believed for five minutes. */
  async function pass(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 120) {
      clock.advance(Math.min(left, 120));
      if (left <= 60) return;
      const at = Math.floor(clock.now().getTime() / 1000) * 1000;
      await eventually("a sign of life of every provider", async () => {
        const { items } = await host.client.list(inferenceProviders, {});
        const all = items as unknown as readonly InferenceProvider[];
        return all.every(({ status }) => Date.parse(status?.lastHeartbeat ?? "") >= at);
      });
    }
  }
  const provider = async (): Promise<InferenceProvider> =>
    (await host.client.get(inferenceProviders, { name: "kaito" })) as unknown as InferenceProvider;
  const providerIs = (reasonOfReady: string, version?: string): Promise<InferenceProvider> =>
    eventually(`kaito is ${reasonOfReady}`, async () => {
      const found = await provider();
      const ready = found.status?.conditions?.find(({ type }) => type === "Ready");
      if (ready?.reason === reasonOfReady && found.status?.version === version) return found;
      throw new Error(JSON.stringify(found.status));
    });
  const deployed = async (name: string): Promise<ModelDeployment> =>
    (await host.client.get(modelDeployments, { namespace: "default", name })) as unknown as ModelDeployment;
  const create = async (name: string, spec: Readonly<Record<string, object>>): Promise<void> => {
    await host.client.create(modelDeployments, aDeployment(name, { model, ...spec }));
  };
  const says = (name: string, words: string): Promise<ModelDeployment> =>
    eventually(`${name}: ${words}`, async () => {
      const found = await deployed(name);
      const conditions = (found.status?.conditions ?? []).map(
        (one) => `${one.type}=${one.status}/${one.reason}`,
      );
      const isCurrent = found.status?.observedGeneration === found.metadata.generation;
      if (isCurrent && conditions.includes(words)) return found;
      throw new Error(JSON.stringify(found.status));
    });
  /** The Workspace as it is stored, with the version it was last applied in. */
  const workspace = async (name: string): Promise<{ uid: string; appliedAs: string }> => {
    const text = await run(["get", "workspaces.kaito.sh", name, "-o", "json", "--show-managed-fields"]);
    const { metadata } = JSON.parse(text) as KubeObject;
    const entry = metadata.managedFields?.find(({ manager }) => manager === "hawsepipe");
    return { uid: metadata.uid ?? "", appliedAs: entry?.apiVersion ?? "" };
  };
  const workspaceIs = (name: string, appliedAs: string): Promise<{ uid: string }> =>
    eventually(`Workspace ${name} in ${appliedAs}`, async () => {
      const found = await workspace(name);
      if (found.appliedAs === appliedAs) return found;
      throw new Error(found.appliedAs);
    });
  const eventsOf = async (name: string): Promise<readonly string[]> => {
    const text = await run(["get", "events", `--field-selector=involvedObject.name=${name}`, "-o", "json"]);
    const { items } = JSON.parse(text) as { items: { type: string; reason: string; message: string }[] };
    return items.map((event) => `${event.type} ${event.reason}: ${event.message}`);
  };

  test("is not ready before its kind is installed, and as soon as it is, in the version that is served", async () => {
    const before = await providerIs("KindNotServed");
    expect(before.status?.conditions?.[0]?.message).toContain("kaito.sh/v1beta1 or kaito.sh/v1alpha1");
    await expect(create("early", { provider: { name: "kaito" } })).rejects.toThrow(
      "it is not ready: no Workspace of",
    );
    await run("create -f -", definitionOfWorkspaces());
    const { status } = await providerIs("OperatorAlive", "kaito.sh/v1alpha1");
    expect(status?.ready).toBe(true);
    await create("stays", { provider: { name: "kaito" } });
    await create("moves", { provider: { name: "kaito", failover: true } });
    await workspaceIs("stays", "kaito.sh/v1alpha1");
  });

  test("has its resources rendered in a newer version once that is served, and in the older when it is withdrawn", async () => {
    const { uid } = await workspace("stays");
    await serveNewer(true);
    await providerIs("OperatorAlive", "kaito.sh/v1beta1");
    expect((await workspaceIs("stays", "kaito.sh/v1beta1")).uid).toBe(uid);
    await serveNewer(false);
    await providerIs("OperatorAlive", "kaito.sh/v1alpha1");
    expect((await workspaceIs("stays", "kaito.sh/v1alpha1")).uid).toBe(uid);
    await create("later", { provider: { name: "kaito" } });
    await workspaceIs("later", "kaito.sh/v1alpha1");
  });

  test("that dies makes its provider not ready; only who wants to is moved, after the grace time", async () => {
    await host.client.mergePatch(
      inferenceProviders,
      { name: "kaito" },
      { spec: { failoverAfterSeconds: 120 } },
    );
    for (const name of ["stays", "moves"]) await says(name, "StatusFresh=True/ProviderAlive");
    await operatorHas(0);
    await pass(61);
    const dead = await providerIs("OperatorNotReady", "kaito.sh/v1alpha1");
    expect(dead.status?.ready).toBe(false);
    expect(dead.status?.conditions?.[0]?.message).toContain(
      "Deployment kaito/workspace has no available replica",
    );
    expect((await deployed("moves")).spec.provider?.name).toBe("kaito");

    await pass(121);
    await eventually("moves is llmd's", async () => (await deployed("moves")).spec.provider?.name === "llmd");
    await eventually("its Deployment", () =>
      host.client.get(deployments, { namespace: "default", name: "moves" }),
    );
    await expect(workspace("moves")).rejects.toThrow("NotFound");
    await eventually("the events", async () => {
      const events = await eventsOf("moves");
      expect(events).toEqual(
        expect.arrayContaining([
          "Warning FailedOver: from provider kaito to llmd",
          expect.stringMatching(/^Normal Replacing: .*Workspace/),
        ]),
      );
      return true;
    });
    await eventually("the reason", async () =>
      (await deployed("moves")).status?.selection?.providerReason?.includes("took over from kaito"),
    );

    await pass(300);
    await says("stays", "StatusFresh=False/ProviderNotReady");
    expect((await deployed("stays")).spec.provider?.name).toBe("kaito");
    expect(await eventsOf("stays")).not.toContainEqual(expect.stringContaining("FailedOver"));
    await workspace("stays");
  });

  test("that holds its Lease is alive, until it no longer renews it", async () => {
    const renewTime = (): string => `${clock.now().toISOString().slice(0, 19)}.000000Z`;
    const at = { namespace: "kaito", name: "operator" };
    await run("create -f -", {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: at,
      // With the minute of grace no less than two minutes: time goes by as it is written, too.
      spec: { holderIdentity: "operator-1", leaseDurationSeconds: 60, renewTime: renewTime() },
    });
    const spec = { operator: { deployments: [], leases: [at] } };
    await host.client.mergePatch(inferenceProviders, { name: "kaito" }, { spec });
    await providerIs("OperatorAlive", "kaito.sh/v1alpha1");
    await says("stays", "StatusFresh=True/ProviderAlive");
    await pass(121);
    const { status } = await providerIs("OperatorNotReady", "kaito.sh/v1alpha1");
    expect(status?.conditions?.[0]?.message).toContain("Lease kaito/operator was last renewed at");
    const renewed = JSON.stringify({ spec: { renewTime: renewTime() } });
    await run(["patch", "lease/operator", "-n", "kaito", "--type=merge", "-p", renewed]);
    await pass(61);
    await providerIs("OperatorAlive", "kaito.sh/v1alpha1");
  });

  test("that is back gets nothing back: a choice outlives restarts, re-applied manifests and restored backups", async () => {
    await host.restart();
    expect((await deployed("moves")).spec.provider).toMatchObject({ name: "llmd", failover: true });
    const manifest = aDeployment("moves", { model });
    const { provider: _, ...spec } = manifest.spec as Record<string, object>;
    const { object } = await host.client.apply(
      modelDeployments,
      { ...manifest, spec: { ...spec, provider: { failover: true } } },
      { fieldManager: "gitops", force: true },
    );
    expect((object as unknown as ModelDeployment).spec.provider?.name).toBe("llmd");

    const saved = await deployed("moves");
    await host.client.delete(modelDeployments, { namespace: "default", name: "moves" });
    await eventually("it is gone", () =>
      deployed("moves").then(
        () => undefined,
        () => true,
      ),
    );
    const { status: _status, metadata, ...rest } = saved;
    const { annotations, labels } = metadata;
    await host.client.create(modelDeployments, {
      ...rest,
      metadata: {
        name: "moves",
        namespace: "default",
        ...(annotations && { annotations }),
        ...(labels && { labels }),
      },
    });
    const restored = await says("moves", "ResourceCreated=True/ResourceCreated");
    expect(restored.status?.provider?.name).toBe("llmd");
    // Who restores names the provider.
    expect(restored.status?.selection?.providerReason).toBe("named in the spec");
  });

  test("that leaves a resource terminating is told about, when another of that name has to come", async () => {
    const at = { namespace: "default", name: "later" };
    const patch = (finalizers: readonly string[]): Promise<unknown> =>
      run([
        ...["patch", "workspaces.kaito.sh", at.name, "--type=merge", "-p"],
        JSON.stringify({ metadata: { finalizers } }),
      ]);
    const { uid } = await workspace(at.name);
    await patch(["kaito.sh/workspace"]);
    await host.client.mergePatch(modelDeployments, at, { spec: { model: { id: "phi-3-mini-4k-instruct" } } });
    // By now the test's time is more than 5 minutes ahead of the time the API server writes down.
    const { status } = await says(at.name, "ResourceCreated=False/StuckTerminating");
    expect(status?.message).toContain("Workspace later (waits for its finalizers kaito.sh/workspace)");
    await eventually("the event", async () =>
      (await eventsOf(at.name)).find((event) => event.startsWith("Warning StuckTerminating: ")),
    );
    await patch([]);
    await says(at.name, "ResourceCreated=True/ResourceCreated");
    expect((await workspace(at.name)).uid).not.toBe(uid);
  });

  test("whose kind is removed leaves its provider not ready, with the reason", async () => {
    await run("delete crd/workspaces.kaito.sh");
    const { status } = await providerIs("KindNotServed");
    expect(status?.ready).toBe(false);
    await says("stays", "Ready=False/KindNotServed");
  });
});
