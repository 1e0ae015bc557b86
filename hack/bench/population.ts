/**
 * Puts the same objects into each server: spread over namespaces and groups by label, paused, so that nothing is made of
 * them, with the status that ours gets. The first goes through all of admission and is done; the others are its copies.
 */
import { performance } from "node:perf_hooks";
import { aDeployment } from "../../test/support/objects.ts";
import type { Bench } from "./bench.ts";
import { namespaces } from "./client/jobs.ts";
import { original } from "./copies.ts";
import { usualSize } from "./options.ts";
import type { Server } from "./servers/server.ts";
import { collectionOf } from "./servers/server.ts";

export const json = { "content-type": "application/json" } as const;
export const mergePatch = { "content-type": "application/merge-patch+json" } as const;

const counts = new WeakMap<Server, number>();
/** What our reconciler wrote into the status of the first object. */
const statuses = new WeakMap<Bench, object>();

/** The body of object `{i}`. */
export function bodyOf(server: Server, name: string, paused = true): string {
  const object = aDeployment(name, {}, "bench-{n}");
  return JSON.stringify({
    ...object,
    apiVersion: `${server.group}/v1alpha2`,
    // What updates change is there from the beginning.
    metadata: { ...object.metadata, labels: { bench: "g-{g}" }, annotations: { bench: "serial-0" } },
    spec: { ...(object["spec"] as object), ...(paused ? { paused: true } : {}) },
  });
}

/** Resolves when each server has at least so many objects and, unless told otherwise, is done with them. */
export async function populate(
  bench: Bench,
  servers: readonly Server[],
  size: number,
  { settles = true }: { readonly settles?: boolean } = {},
): Promise<void> {
  const oursFirst = [...servers].sort((a, b) => Number(a.name === "native") - Number(b.name === "native"));
  for (const server of oursFirst) {
    if (server.name === "bare") continue;
    const present = counts.get(server) ?? (await createFirst(bench, server));
    if (present >= size) continue;
    bench.say(`${server.name}: from ${String(present)} to ${String(size)} objects…`);
    const copy = async (): Promise<void> => server.copy?.({ from: present, to: size });
    if (server.serveOnly !== undefined && size > usualSize) await server.serveOnly(copy);
    else await copy();
    counts.set(server, size);
    await has(bench, server, size);
    if (settles) await settled(bench, server);
  }
}

async function createFirst(bench: Bench, server: Server): Promise<number> {
  await bench
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
  const once = { kind: "requests", target: server.target, requests: 1, connections: 1 } as const;
  const collection = collectionOf(server, original.namespace);
  await bench.run({
    ...once,
    method: "POST",
    path: collection,
    headers: json,
    body: bodyOf(server, original.name),
  });
  await settled(bench, server);
  const path = `${collection}/${original.name}`;
  if (server.name === "native") {
    const status = statuses.get(bench);
    if (status === undefined) return 1;
    const body = JSON.stringify({ status });
    await bench.run({ ...once, method: "PATCH", path: `${path}/status`, headers: mergePatch, body });
  } else {
    const { body = "" } = await bench.run({ ...once, method: "GET", path, keepsBody: true });
    statuses.set(bench, (JSON.parse(body) as { status?: object }).status ?? {});
  }
  return 1;
}

/** So long a server may take until it knows of all it was given. */
const patienceMs = 180_000;

/** Until a list says that there are so many; a server that still catches up may refuse one. */
async function has(bench: Bench, server: Server, size: number): Promise<void> {
  const begun = performance.now();
  let last: unknown;
  while (performance.now() - begun < patienceMs) {
    try {
      last = await countOf(bench, server);
      if (Number(last) >= size) return;
    } catch (error) {
      bench.signal.throwIfAborted();
      last = error;
    }
    await bench.pause(200);
  }
  throw new Error(`${server.name} does not see ${String(size)} objects: ${String(last)}`);
}

async function countOf(bench: Bench, server: Server): Promise<number> {
  const { body = "" } = await bench.run({
    kind: "requests",
    target: server.target,
    method: "GET",
    path: `${collectionOf(server)}?limit=1`,
    requests: 1,
    connections: 1,
    keepsBody: true,
  });
  const { items, metadata } = JSON.parse(body) as {
    items: unknown[];
    metadata: { remainingItemCount?: number };
  };
  return items.length + (metadata.remainingItemCount ?? 0);
}

const waiting = 'workqueue_depth{name="modeldeployment",controller="modeldeployment"}';
const active = 'controller_runtime_active_workers{controller="modeldeployment"}';

/** Until the reconciler has nothing to do. */
export async function settled(bench: Bench, server: Server): Promise<void> {
  const begun = performance.now();
  for (let quiet = 0; server.metrics !== undefined && quiet < 3;) {
    if (performance.now() - begun > patienceMs) throw new Error(`${server.name} finds no rest`);
    const metrics = await server.metrics();
    quiet = (metrics.get(waiting) ?? 0) === 0 && (metrics.get(active) ?? 0) === 0 ? quiet + 1 : 0;
    await bench.pause(100);
  }
}
