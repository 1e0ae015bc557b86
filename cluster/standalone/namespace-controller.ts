/** Empties namespaces that are being deleted and lets them go, for a server without a kube-controller-manager. */
import { isApiError } from "../../api/errors/api-error.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import type { Client, ResourceRef } from "../client.ts";
import type { Clock } from "../../machinery/clock.ts";
import { startInformer } from "../informer.ts";
import type { Controller } from "./garbage-collector/garbage-collector.ts";
import { startWorker } from "./worker.ts";

export interface NamespaceControllerOptions {
  readonly client: Client;
  /** Every namespaced resource whose objects live in namespaces. */
  readonly resources: readonly ResourceRef[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly onError: (what: string, error: unknown) => void;
}

const namespaces: ResourceRef = {
  group: "",
  version: "v1",
  resource: "namespaces",
  kind: "Namespace",
  namespaced: false,
};

/** How soon a namespace that is not empty yet is looked at again: finalizers take their time. */
const retryMs = 200;

export function startNamespaceController(options: NamespaceControllerOptions): Controller {
  const { client, clock, random, onError } = options;
  const stop = new AbortController();
  const informer = startInformer({
    client,
    resource: namespaces,
    clock,
    random,
    signal: stop.signal,
    onError: (error) => {
      onError("namespaces", error);
    },
  });
  const worker = startWorker({
    clock,
    random,
    workers: 2,
    onError,
    process: async (name) => {
      const namespace = informer.get("", name);
      if (namespace?.metadata.deletionTimestamp === undefined) return;
      if (await isEmpty(options, name)) await finalize(client, namespace);
      else worker.addAfter(name, retryMs);
    },
  });
  const consider = (namespace: KubeObject): void => {
    if (namespace.metadata.deletionTimestamp !== undefined) worker.add(namespace.metadata.name ?? "");
  };
  informer.onChange({ added: consider, updated: consider });
  return {
    synced: informer.synced,
    async stop() {
      stop.abort();
      await worker.stop();
    },
  };
}

/** Asks for the deletion of everything in the namespace; true when there was nothing left. */
async function isEmpty(
  { client, resources }: NamespaceControllerOptions,
  namespace: string,
): Promise<boolean> {
  let left = 0;
  for (const resource of resources) {
    const { items } = await client.list(resource, { namespace, metadataOnly: true });
    left += items.length;
    for (const { metadata } of items) {
      if (metadata.deletionTimestamp !== undefined) continue;
      await client
        .delete(resource, { namespace, name: metadata.name ?? "" }, { propagationPolicy: "Background" })
        .catch((error: unknown) => {
          if (!isApiError(error, "NotFound")) throw error;
        });
    }
  }
  return left === 0;
}

async function finalize(client: Client, namespace: KubeObject): Promise<void> {
  const spec = typeof namespace.spec === "object" ? namespace.spec : {};
  const released = { ...namespace, spec: { ...spec, finalizers: [] } };
  await client.update(namespaces, released, { subresource: "finalize" }).catch((error: unknown) => {
    if (!isApiError(error, "NotFound")) throw error;
  });
}
