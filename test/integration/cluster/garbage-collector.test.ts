import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { Controller } from "../../../cluster/standalone/garbage-collector/garbage-collector.ts";
import { startGarbageCollector } from "../../../cluster/standalone/garbage-collector/garbage-collector.ts";
import { startFinishedJobs } from "../../../cluster/standalone/finished-jobs.ts";
import { startNamespaceController } from "../../../cluster/standalone/namespace-controller.ts";
import type { ResourceRef } from "../../../cluster/client.ts";
import { configMaps } from "../../support/client.ts";
import type { InProcessServer } from "../../support/in-process.ts";
import { eventually, openInProcessServer } from "../../support/in-process.ts";

const core = { group: "", version: "v1", namespaced: true } as const;
const secrets: ResourceRef = { ...core, resource: "secrets", kind: "Secret" };
const jobs: ResourceRef = {
  group: "batch",
  version: "v1",
  resource: "jobs",
  kind: "Job",
  namespaced: true,
};
const namespaces: ResourceRef = { ...core, namespaced: false, resource: "namespaces", kind: "Namespace" };

let server: InProcessServer;
let controllers: readonly Controller[];
beforeAll(async () => {
  server = await openInProcessServer();
  const options = {
    client: server.client,
    resources: [configMaps, secrets, jobs],
    clock: server.clock,
    random: () => 0.5,
    onError: (what: string, error: unknown) => {
      throw new Error(what, { cause: error });
    },
  };
  controllers = [
    startGarbageCollector(options),
    startNamespaceController(options),
    startFinishedJobs(options),
  ];
  await Promise.all(controllers.map(({ synced }) => synced));
});
afterAll(async () => {
  await Promise.all(controllers.map((controller) => controller.stop()));
  await server.close();
});

const at = (name: string, namespace = "default"): { name: string; namespace: string } => ({
  name,
  namespace,
});

function make(
  kind: "ConfigMap" | "Secret",
  name: string,
  ...owners: readonly KubeObject[]
): Promise<KubeObject> {
  const ownerReferences = owners.map(({ apiVersion, kind: ownerKind, metadata }) => ({
    apiVersion,
    kind: ownerKind,
    name: metadata.name ?? "",
    uid: metadata.uid ?? "",
    blockOwnerDeletion: true,
  }));
  return server.create({
    apiVersion: "v1",
    kind,
    metadata: { ...at(name), ...(owners.length === 0 ? {} : { ownerReferences }) },
  });
}

const isGone = (resource: ResourceRef, name: string, namespace?: string): Promise<boolean> =>
  server.admin.get(resource, at(name, namespace)).then(
    () => false,
    (error: unknown) => (error as { code?: number }).code === 404,
  );

describe("what belongs to a deleted object", () => {
  test("goes in the background, over kinds and generations", async () => {
    const owner = await make("ConfigMap", "grandparent");
    const child = await make("Secret", "parent", owner);
    await make("ConfigMap", "child", child);
    await server.admin.delete(configMaps, at("grandparent"), { propagationPolicy: "Background" });
    expect(await isGone(configMaps, "grandparent")).toBe(true);
    await eventually("the end of the parent", () => isGone(secrets, "parent"));
    await eventually("the end of the child", () => isGone(configMaps, "child"));
  });

  test("goes before it in the foreground", async () => {
    const owner = await make("ConfigMap", "fg-owner");
    await make("Secret", "fg-held", owner);
    await server.admin.mergePatch(secrets, at("fg-held"), { metadata: { finalizers: ["example.com/hold"] } });
    await server.admin.delete(configMaps, at("fg-owner"), { propagationPolicy: "Foreground" });
    await eventually("the start of the end", async () => {
      const { metadata } = await server.admin.get(secrets, at("fg-held"));
      return metadata.deletionTimestamp !== undefined;
    });
    expect(await isGone(configMaps, "fg-owner")).toBe(false);
    await server.admin.mergePatch(secrets, at("fg-held"), { metadata: { finalizers: null } });
    await eventually("the end", () => isGone(configMaps, "fg-owner"));
  });

  test("stays without its reference when it is orphaned", async () => {
    const owner = await make("ConfigMap", "orphaning");
    await make("Secret", "orphan", owner);
    await server.admin.delete(configMaps, at("orphaning"), { propagationPolicy: "Orphan" });
    await eventually("the end of the owner", () => isGone(configMaps, "orphaning"));
    const { metadata } = await server.admin.get(secrets, at("orphan"));
    expect([metadata.ownerReferences, metadata.deletionTimestamp]).toEqual([undefined, undefined]);
  });

  test("stays while it has another owner", async () => {
    const [one, two] = [await make("ConfigMap", "one"), await make("ConfigMap", "two")];
    await make("Secret", "shared", one, two);
    await server.admin.delete(configMaps, at("one"));
    await eventually("the lost reference", async () => {
      const { metadata } = await server.admin.get(secrets, at("shared"));
      return metadata.ownerReferences?.length === 1;
    });
    await server.admin.delete(configMaps, at("two"));
    await eventually("the end", () => isGone(secrets, "shared"));
  });

  test("goes when its owner never existed", async () => {
    const owner = await make("ConfigMap", "ghost-owner");
    await make("Secret", "of-nobody", { ...owner, metadata: { ...owner.metadata, uid: "no-such-uid" } });
    await eventually("the end", () => isGone(secrets, "of-nobody"));
    expect(await isGone(configMaps, "ghost-owner")).toBe(false);
  });
});

test("a namespace is emptied, waits for what is held, and goes", async () => {
  await server.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "doomed" } });
  await server.create({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { ...at("free", "doomed") },
  });
  await server.create({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { ...at("held", "doomed"), finalizers: ["example.com/hold"] },
  });
  await server.admin.delete(namespaces, { name: "doomed" });
  await eventually("the end of the content", () => isGone(configMaps, "free", "doomed"));
  expect((await server.admin.get(namespaces, { name: "doomed" })).status).toMatchObject({
    phase: "Terminating",
  });
  await server.admin.mergePatch(secrets, at("held", "doomed"), { metadata: { finalizers: null } });
  await eventually("the end of the namespace", () => isGone(namespaces, "doomed"));
});

test("a Job that has ended goes when its time is up, and no other", async () => {
  const end = async (name: string, spec: object): Promise<void> => {
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } };
    await server.create({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: at(name),
      spec: { template, ...spec },
    });
    const lastTransitionTime = `${server.clock.now().toISOString().slice(0, 19)}Z`;
    const conditions = [{ type: "Complete", status: "True", lastTransitionTime }];
    await server.admin.mergePatch(jobs, at(name), { status: { conditions } }, { subresource: "status" });
  };
  await end("stays", {});
  await end("later", { ttlSecondsAfterFinished: 3600 });
  await end("goes", { ttlSecondsAfterFinished: 1 });
  await eventually("only the others are left", async () => {
    const { items } = await server.admin.list(jobs);
    return items.map(({ metadata }) => metadata.name).join() === "later,stays";
  });
});
