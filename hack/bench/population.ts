/**
 * Puts the same objects into each server: spread over namespaces and groups by label, paused, so that all of admission
 * runs for them and nothing is made of them, with the status that ours gets. What is there already is counted.
 */
import { aDeployment } from "../../test/support/objects.ts";
import type { Bench } from "./bench.ts";
import { namespaces } from "./client/jobs.ts";
import type { Server } from "./servers/server.ts";
import { collectionOf } from "./servers/server.ts";

export const json = { "content-type": "application/json" } as const;
export const mergePatch = { "content-type": "application/merge-patch+json" } as const;

const counts = new WeakMap<Server, number>();

/** The body of object `{i}`. */
export function bodyOf(server: Server, name: string, paused = true): string {
  const object = aDeployment(name, {}, "bench-{n}");
  return JSON.stringify({
    ...object,
    apiVersion: `${server.group}/v1alpha2`,
    metadata: { ...object.metadata, labels: { bench: "g-{g}" } },
    spec: { ...(object["spec"] as object), ...(paused ? { paused: true } : {}) },
  });
}

/** Resolves when each server has at least so many objects and is done with them. */
export async function populate(bench: Bench, servers: readonly Server[], size: number): Promise<void> {
  let status = "";
  for (const server of [...servers].sort(
    (a, b) => Number(a.name === "native") - Number(b.name === "native"),
  )) {
    if (server.name === "bare") continue;
    const present = counts.get(server) ?? (await createNamespaces(bench, server));
    if (present < size) {
      bench.say(`${server.name}: from ${String(present)} to ${String(size)} objects…`);
      const more = { from: present, requests: size - present, connections: 16 };
      await bench.client.run({
        ...more,
        kind: "requests",
        target: server.target,
        method: "POST",
        path: collectionOf(server, "bench-{n}"),
        headers: json,
        body: bodyOf(server, "m-{i}"),
      });
      counts.set(server, size);
      await settled(server);
      if (server.name === "native" && status !== "") {
        await bench.client.run({
          ...more,
          kind: "requests",
          target: server.target,
          method: "PATCH",
          path: `${collectionOf(server, "bench-{n}")}/m-{i}/status`,
          headers: mergePatch,
          body: status,
        });
      }
    }
    if (server.name !== "native") status = await statusOf(bench, server);
  }
}

async function createNamespaces(bench: Bench, server: Server): Promise<number> {
  await bench.client
    .run({
      kind: "requests",
      target: server.target,
      method: "POST",
      path: "/api/v1/namespaces",
      headers: json,
      body: '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"bench-{i}"}}',
      requests: namespaces,
      connections: 1,
    })
    .catch((error: unknown) => {
      // The two servers behind one kube-apiserver share their namespaces.
      if (!String(error).includes("AlreadyExists")) throw error;
    });
  return 0;
}

const waiting = 'workqueue_depth{name="modeldeployment",controller="modeldeployment"}';
const active = 'controller_runtime_active_workers{controller="modeldeployment"}';

/** Until the reconciler has nothing to do. */
export async function settled(server: Server): Promise<void> {
  for (let quiet = 0; server.metrics !== undefined && quiet < 3;) {
    const metrics = await server.metrics();
    quiet = (metrics.get(waiting) ?? 0) === 0 && (metrics.get(active) ?? 0) === 0 ? quiet + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What our reconciler writes into the status of such an object, as a patch. */
async function statusOf(bench: Bench, server: Server): Promise<string> {
  const { body = "" } = await bench.client.run({
    kind: "requests",
    target: server.target,
    method: "GET",
    path: `${collectionOf(server, "bench-0")}/m-0`,
    requests: 1,
    connections: 1,
    keepsBody: true,
  });
  return JSON.stringify({ status: (JSON.parse(body) as { status?: object }).status ?? {} });
}
