import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Condition } from "../../../api/meta/types.ts";
import type { ModelDeployment } from "../../../api/modeldeployment/v1alpha2/types.ts";
import { deployments, modelDeployments } from "../../support/client.ts";
import { eventually } from "../../support/in-process.ts";
import type { Cluster } from "./fixture.ts";
import { deploy, edit, openCluster, refusedModels } from "./fixture.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await openCluster();
});
afterAll(async () => {
  await cluster.close();
});

const at = (name: string): { namespace: string; name: string } => ({ namespace: "default", name });

const condition = (deployment: ModelDeployment, type: string): Condition | undefined =>
  (deployment.status?.conditions as readonly Condition[] | undefined)?.find((each) => each.type === type);

const created = (deployment: ModelDeployment): boolean =>
  condition(deployment, "ResourceCreated")?.status === "True";

async function eventsOf(name: string): Promise<readonly string[]> {
  const resource = await cluster.admin.resolve("v1", "Event");
  if (resource === undefined) throw new Error("no events");
  const { items } = await cluster.admin.list(resource, { namespace: "default" });
  return items
    .filter((event) => (event["involvedObject"] as { name: string }).name === name)
    .map((event) => String(event["reason"]));
}

describe("an accepted deployment", () => {
  test("gets its resources, owned and labelled, a finalizer and a status", async () => {
    await deploy(cluster, "first", { networking: { port: 80 } });
    const deployment = await cluster.until("first", created);
    const rendered = await cluster.get("Deployment", "first");
    expect(rendered.metadata.labels).toMatchObject({ app: "first", "hawsepipe.dev/managed-by": "hawsepipe" });
    expect(rendered.metadata.ownerReferences).toEqual([
      {
        apiVersion: "hawsepipe.dev/v1alpha2",
        kind: "ModelDeployment",
        name: "first",
        uid: deployment.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    expect(rendered.metadata.managedFields?.map(({ manager, operation }) => [manager, operation])).toEqual([
      ["hawsepipe", "Apply"],
    ]);
    expect(deployment.metadata.finalizers).toEqual(["hawsepipe.dev/cleanup"]);
    expect(deployment.status).toMatchObject({
      phase: "Deploying",
      provider: { name: "alpha", resourceName: "first", resourceKind: "Deployment" },
      engine: { type: "vllm" },
      replicas: { desired: 1, ready: 0, available: 0 },
      selector: "app=first",
      rendered: {
        resources: [
          { apiVersion: "apps/v1", kind: "Deployment", name: "first", uid: rendered.metadata.uid },
          { apiVersion: "v1", kind: "Service", name: "first" },
        ],
      },
    });
    await eventually("the event", async () => (await eventsOf("first")).includes("Created"));
  });

  test("follows the readiness of its resource", async () => {
    await deploy(cluster, "ready");
    await cluster.until("ready", created);
    const status = { observedGeneration: 1, replicas: 1, readyReplicas: 1 };
    await cluster.admin.mergePatch(deployments, at("ready"), { status }, { subresource: "status" });
    const deployment = await cluster.until("ready", ({ status }) => status?.phase === "Running");
    expect(condition(deployment, "Ready")).toMatchObject({ status: "True", reason: "DeploymentReady" });
  });

  test("names the fields that have no effect", async () => {
    await deploy(cluster, "ignored", { engine: { contextLength: 4096 } });
    const deployment = await cluster.until("ignored", created);
    expect(deployment.status?.unsupportedFields).toEqual([
      { path: "spec.engine.contextLength", reason: "alpha has no such flag" },
    ]);
    expect(condition(deployment, "FieldsIgnored")?.status).toBe("True");
  });

  test("has its changes applied and what is no longer rendered removed", async () => {
    await deploy(cluster, "changed", { networking: { port: 80 } });
    await cluster.until("changed", created);
    await edit(cluster, "changed", { serving: { replicas: 3 }, networking: { port: null } });
    await eventually("the change", async () => {
      const { spec } = await cluster.get("Deployment", "changed");
      return (spec as { replicas: number }).replicas === 3 && (await cluster.absent("Service", "changed"));
    });
  });
});

describe("with nothing to do", () => {
  test("ten requested passes and a restart write nothing", async () => {
    await deploy(cluster, "still", { networking: { port: 80 } });
    await cluster.until("still", created);
    await cluster.quiet();
    const before = cluster.writes.length;
    for (let i = 0; i < 10; i += 1) {
      cluster.reconciler.requestNow("default", "still");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await cluster.restart();
    await cluster.quiet();
    expect(cluster.writes.slice(before)).toEqual([]);
  });

  test("what others add to a resource stays", async () => {
    await deploy(cluster, "shared");
    await cluster.until("shared", created);
    await cluster.quiet();
    const before = cluster.writes.length;
    const patch = {
      metadata: { annotations: { "operator.example.com/note": "kept" }, finalizers: ["example.com/hold"] },
      spec: { minReadySeconds: 5, template: { spec: { nodeSelector: { zone: "a" } } } },
    };
    await cluster.admin.mergePatch(deployments, at("shared"), patch);
    await cluster.quiet();
    cluster.reconciler.requestNow("default", "shared");
    await cluster.quiet();
    const live = await cluster.get("Deployment", "shared");
    expect(live.metadata.annotations).toMatchObject({ "operator.example.com/note": "kept" });
    expect(live.spec).toMatchObject({ minReadySeconds: 5 });
    expect(cluster.writes.slice(before)).toEqual([]);
    await cluster.admin.mergePatch(deployments, at("shared"), { metadata: { finalizers: null } });
  });
});

describe("drift", () => {
  const image = async (name: string): Promise<string | undefined> => {
    const { spec } = await cluster.get("Deployment", name);
    type Pods = { template: { spec: { containers: { image: string }[] } } };
    return (spec as Pods).template.spec.containers[0]?.image;
  };

  test("a changed field is set back, and an event tells", async () => {
    await deploy(cluster, "drifted");
    await cluster.until("drifted", created);
    await cluster.quiet();
    const spec = { replicas: 7, template: { spec: { containers: [{ name: "engine", image: "other" }] } } };
    await cluster.admin.mergePatch(deployments, at("drifted"), { spec });
    await eventually("the repair", async () => (await image("drifted")) === "engine:v1");
    expect((await cluster.get("Deployment", "drifted")).spec).toMatchObject({ replicas: 1 });
    await eventually("the event", async () => (await eventsOf("drifted")).includes("DriftRepaired"));
  });

  test("a deleted resource comes back", async () => {
    await deploy(cluster, "lost");
    await cluster.until("lost", created);
    const { uid } = (await cluster.get("Deployment", "lost")).metadata;
    await cluster.admin.delete(deployments, at("lost"));
    await eventually("the new one", async () => {
      const next = await cluster.get("Deployment", "lost");
      return next.metadata.uid !== uid;
    });
  });

  test("a label that was taken off is put back", async () => {
    await deploy(cluster, "unlabelled");
    await cluster.until("unlabelled", created);
    await cluster.quiet();
    const patch = { metadata: { labels: { "hawsepipe.dev/managed-by": null } } };
    await cluster.admin.mergePatch(deployments, at("unlabelled"), patch);
    await eventually("the label", async () => {
      const { metadata } = await cluster.get("Deployment", "unlabelled");
      return metadata.labels?.["hawsepipe.dev/managed-by"] === "hawsepipe";
    });
  });
});

describe("paused", () => {
  test("nothing is created or repaired until it goes on", async () => {
    await deploy(cluster, "resting");
    await cluster.until("resting", created);
    await edit(cluster, "resting", { paused: true });
    await cluster.until("resting", (deployment) => condition(deployment, "Paused")?.status === "True");
    await cluster.admin.mergePatch(deployments, at("resting"), { spec: { replicas: 5 } });
    await cluster.quiet();
    expect((await cluster.get("Deployment", "resting")).spec).toMatchObject({ replicas: 5 });
    await edit(cluster, "resting", { paused: false });
    await eventually("the repair", async () => {
      const { spec } = await cluster.get("Deployment", "resting");
      return (spec as { replicas: number }).replicas === 1;
    });
  });

  test("deletion still completes", async () => {
    await deploy(cluster, "paused-gone");
    await cluster.until("paused-gone", created);
    await edit(cluster, "paused-gone", { paused: true });
    await cluster.admin.delete(modelDeployments, at("paused-gone"));
    await eventually("the deletion", () => cluster.absent("ModelDeployment", "paused-gone"));
    expect(await cluster.absent("Deployment", "paused-gone")).toBe(true);
  });
});

describe("deletion", () => {
  test("takes what was rendered with it", async () => {
    await deploy(cluster, "gone", { networking: { port: 80 } });
    await cluster.until("gone", created);
    await cluster.admin.delete(modelDeployments, at("gone"));
    await eventually("the deletion", () => cluster.absent("ModelDeployment", "gone"));
    expect(await cluster.absent("Deployment", "gone")).toBe(true);
    expect(await cluster.absent("Service", "gone")).toBe(true);
  });

  test("waits for a resource that is held, and says so", async () => {
    await deploy(cluster, "held");
    await cluster.until("held", created);
    await cluster.admin.mergePatch(deployments, at("held"), {
      metadata: { finalizers: ["example.com/hold"] },
    });
    await cluster.quiet();
    await cluster.admin.delete(modelDeployments, at("held"));
    const waiting = await cluster.until("held", ({ status }) => status?.phase === "Terminating");
    expect(waiting.status?.message).toBe("waiting until gone: Deployment held");
    await cluster.admin.mergePatch(deployments, at("held"), { metadata: { finalizers: null } });
    await eventually("the deletion", () => cluster.absent("ModelDeployment", "held"));
  });

  test("leaves what belongs to somebody else", async () => {
    const spec = {
      selector: { matchLabels: { app: "foreign" } },
      template: {
        metadata: { labels: { app: "foreign" } },
        spec: { containers: [{ name: "c", image: "c" }] },
      },
    };
    await cluster.create({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "foreign", namespace: "default" },
      spec,
    });
    await deploy(cluster, "foreign");
    const refused = await cluster.until("foreign", (each) => each.status?.phase === "Failed");
    expect(condition(refused, "ResourceCreated")).toMatchObject({
      status: "False",
      reason: "ResourceConflict",
    });
    const live = await cluster.get("Deployment", "foreign");
    expect(live.metadata.ownerReferences).toBeUndefined();
    await cluster.admin.delete(modelDeployments, at("foreign"));
    await eventually("the deletion", () => cluster.absent("ModelDeployment", "foreign"));
    expect(await cluster.absent("Deployment", "foreign")).toBe(false);
  });
});

describe("what an orphaning deletion left", () => {
  const orphan = (labels: Record<string, string>, name: string): Promise<unknown> =>
    cluster.create({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace: "default", labels },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: "engine", image: "engine:v0" }] },
        },
      },
    });

  test("is taken back by the next deployment of the name", async () => {
    const labels = { "hawsepipe.dev/managed-by": "hawsepipe", "hawsepipe.dev/model-deployment": "back" };
    await orphan(labels, "back");
    const { uid } = (await cluster.get("Deployment", "back")).metadata;
    await deploy(cluster, "back");
    const deployment = await cluster.until("back", created);
    const live = await cluster.get("Deployment", "back");
    expect(live.metadata.uid).toBe(uid);
    expect(live.metadata.ownerReferences?.map((owner) => owner.uid)).toEqual([deployment.metadata.uid]);
    expect(live.spec).toMatchObject({ replicas: 1 });
    await eventually("the event", async () => (await eventsOf("back")).includes("Adopted"));
    expect(await eventsOf("back")).not.toContain("DriftRepaired");
  });

  test("stays when it was another deployment's", async () => {
    const labels = { "hawsepipe.dev/managed-by": "hawsepipe", "hawsepipe.dev/model-deployment": "other" };
    await orphan(labels, "not-back");
    await deploy(cluster, "not-back");
    await cluster.until(
      "not-back",
      (each) => condition(each, "ResourceCreated")?.reason === "ResourceConflict",
    );
    expect((await cluster.get("Deployment", "not-back")).metadata.ownerReferences).toBeUndefined();
  });
});

describe("a change of what is served", () => {
  test("replaces the resource: a rollout would serve two models at once", async () => {
    await deploy(cluster, "another");
    await cluster.until("another", created);
    const { uid } = (await cluster.get("Deployment", "another")).metadata;
    await edit(cluster, "another", { model: { id: "org/other" } });
    await eventually("the replacement", async () => {
      const next = await cluster.get("Deployment", "another");
      return next.metadata.uid !== uid;
    });
    await eventually("the event", async () => (await eventsOf("another")).includes("Replacing"));
  });

  test("to another provider removes the old provider's resources first", async () => {
    await deploy(cluster, "moved", { networking: { port: 80 } });
    await cluster.until("moved", created);
    await edit(cluster, "moved", { provider: { name: "beta" } });
    await eventually("the workspace", async () => !(await cluster.absent("Workspace", "moved")));
    expect(await cluster.absent("Deployment", "moved")).toBe(true);
    await eventually("the end of the service", () => cluster.absent("Service", "moved"));
  });

  test("does not happen when the new resource would be refused", async () => {
    await deploy(cluster, "kept");
    await cluster.until("kept", created);
    const { uid } = (await cluster.get("Deployment", "kept")).metadata;
    await edit(cluster, "kept", { provider: { name: "beta" }, model: { id: "refused/model" } });
    const refused = await cluster.until(
      "kept",
      (each) => condition(each, "ResourceCreated")?.reason === "ReplacementRefused",
    );
    expect(refused.status?.phase).toBe("Failed");
    expect((await cluster.get("Deployment", "kept")).metadata.uid).toBe(uid);
  });
});

test("a kind that is not served is said so, and does not keep the deployment from going", async () => {
  await deploy(cluster, "ghostly", { provider: { name: "ghost" } });
  const waiting = await cluster.until(
    "ghostly",
    (each) => condition(each, "ResourceCreated")?.reason === "KindNotServed",
  );
  expect(waiting.status?.phase).toBe("Pending");
  await cluster.admin.delete(modelDeployments, at("ghostly"));
  await eventually("the deletion", () => cluster.absent("ModelDeployment", "ghostly"));
});

describe("the full pass", () => {
  let passing: Cluster;
  beforeAll(async () => {
    passing = await openCluster({ fullPassMs: 200 });
  });
  afterAll(async () => {
    await passing.close();
  });

  test("makes what was refused for a reason that has gone, though no event tells of it", async () => {
    refusedModels.add("refused/for-now");
    await deploy(passing, "healed", { provider: { name: "beta" }, model: { id: "refused/for-now" } });
    await passing.until("healed", (found) => condition(found, "ResourceCreated")?.status === "False");
    refusedModels.delete("refused/for-now");
    await passing.until("healed", created);
    expect(await passing.absent("Workspace", "healed")).toBe(false);
  });

  test("writes nothing where there is nothing to do", async () => {
    await deploy(passing, "calm");
    await passing.until("calm", created);
    await passing.quiet();
    const before = passing.writes.length;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(passing.writes.slice(before)).toEqual([]);
  });
});
