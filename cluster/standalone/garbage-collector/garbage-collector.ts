/**
 * Owner references at work for a server without a kube-controller-manager: dependents go when their last owner is
 * gone; an owner deleted in the foreground waits for them; an orphaning owner lets go of them.
 */
import { isApiError } from "../../../api/errors/api-error.ts";
import type { KubeObject, OwnerReference } from "../../../api/meta/types.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { Client, ObjectRef, ResourceRef } from "../../client.ts";
import { startInformer } from "../../informer.ts";
import { startWorker } from "../worker.ts";
import type { FollowedResource, Node } from "./graph.ts";
import {
  graphIndexes,
  hasFinalizer,
  isTerminating,
  OwnershipGraph,
  referenceTo,
  waitsForDependents,
} from "./graph.ts";

export interface GarbageCollectorOptions {
  readonly client: Client;
  /** Everything that can be listed, watched and deleted. */
  readonly resources: readonly ResourceRef[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly onError: (what: string, error: unknown) => void;
}

export interface Controller {
  /** Resolves when it has seen everything there is. */
  readonly synced: Promise<void>;
  stop(): Promise<void>;
}

export function startGarbageCollector(options: GarbageCollectorOptions): Controller {
  const { client, clock, random, onError } = options;
  const stop = new AbortController();
  const followed: FollowedResource[] = options.resources.map((resource) => ({
    resource,
    informer: startInformer({
      client,
      resource,
      clock,
      random,
      signal: stop.signal,
      metadataOnly: true,
      transform: ownershipOnly,
      indexes: graphIndexes,
      onError: (error) => {
        onError(resource.resource, error);
      },
    }),
  }));
  const graph = new OwnershipGraph(followed);
  const collector = new Collector(client, graph);
  // Before every kind is known, an owner that was not seen yet would look as if it were gone.
  const synced = Promise.all(followed.map(({ informer }) => informer.synced)).then(() => undefined);
  const worker = startWorker({
    clock,
    random,
    workers: 4,
    process: async (uid) => {
      await synced;
      for (const next of await collector.process(uid)) worker.add(next);
    },
    onError,
  });
  for (const { informer } of followed) {
    const consider = (object: KubeObject): void => {
      if (isOwned(object) || isTerminating(object)) worker.add(object.metadata.uid ?? "");
    };
    informer.onChange({
      added: consider,
      updated: consider,
      deleted: (object) => {
        const uid = object.metadata.uid ?? "";
        for (const dependent of graph.dependentsOf(uid)) worker.add(dependent.object.metadata.uid ?? "");
        for (const owner of object.metadata.ownerReferences ?? []) worker.add(owner.uid);
      },
    });
  }
  return {
    synced,
    async stop() {
      stop.abort();
      await worker.stop();
    },
  };
}

const isOwned = (object: KubeObject): boolean => (object.metadata.ownerReferences?.length ?? 0) > 0;

/** What the graph needs of an object; everything else would only cost memory. */
function ownershipOnly(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, finalizers, ownerReferences } =
    object.metadata;
  const metadata = { name, namespace, uid, resourceVersion, deletionTimestamp, finalizers, ownerReferences };
  const present = Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined));
  return { apiVersion: object.apiVersion, kind: object.kind, metadata: present };
}

class Collector {
  readonly #client: Client;
  readonly #graph: OwnershipGraph;

  constructor(client: Client, graph: OwnershipGraph) {
    this.#client = client;
    this.#graph = graph;
  }

  /** Does what is due for one object; answers the uids of others that should be looked at now. */
  async process(uid: string): Promise<readonly string[]> {
    const node = this.#graph.find(uid);
    if (node === undefined) return [];
    if (isTerminating(node.object)) {
      if (hasFinalizer(node.object, "orphan")) await this.#orphanDependents(node);
      else if (hasFinalizer(node.object, "foregroundDeletion")) return this.#awaitDependents(node);
      return [];
    }
    await this.#checkOwners(node);
    return [];
  }

  async #orphanDependents(owner: Node): Promise<void> {
    const uid = owner.object.metadata.uid ?? "";
    for (const dependent of this.#graph.dependentsOf(uid)) {
      await this.#keepOwners(dependent, (reference) => reference.uid !== uid);
    }
    await this.#removeFinalizer(owner, "orphan");
  }

  async #awaitDependents(owner: Node): Promise<readonly string[]> {
    const uid = owner.object.metadata.uid ?? "";
    const dependents = this.#graph.dependentsOf(uid);
    const isBlocked = dependents.some(({ object }) => referenceTo(object, uid)?.blockOwnerDeletion === true);
    if (!isBlocked) await this.#removeFinalizer(owner, "foregroundDeletion");
    return dependents.map(({ object }) => object.metadata.uid ?? "");
  }

  async #checkOwners(node: Node): Promise<void> {
    const references = node.object.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const states = await Promise.all(references.map((reference) => this.#ownerState(node, reference)));
    // An owner of a kind that is not served now may come back: nothing is decided without knowing.
    if (states.includes("unknown")) return;
    if (states.includes("solid")) {
      if (states.every((state) => state === "solid")) return;
      const solid = new Set(references.filter((_reference, i) => states[i] === "solid"));
      await this.#keepOwners(node, (reference) => solid.has(reference));
      return;
    }
    const isOwner = this.#graph.dependentsOf(node.object.metadata.uid ?? "").length > 0;
    const policy = states.includes("waiting") && isOwner ? "Foreground" : "Background";
    await this.#delete(node, policy);
  }

  async #ownerState(
    node: Node,
    reference: OwnerReference,
  ): Promise<"solid" | "waiting" | "absent" | "unknown"> {
    const known = this.#graph.find(reference.uid)?.object ?? (await this.#fetchOwner(node, reference));
    if (known === "unknown") return "unknown";
    if (known?.metadata.uid !== reference.uid) return "absent";
    return waitsForDependents(known) && reference.blockOwnerDeletion === true ? "waiting" : "solid";
  }

  async #fetchOwner(node: Node, reference: OwnerReference): Promise<KubeObject | "unknown" | undefined> {
    const resource = await this.#client.resolve(reference.apiVersion, reference.kind);
    if (resource === undefined) return "unknown";
    const { namespace } = node.object.metadata;
    const ref = { name: reference.name, ...(namespace === undefined ? {} : { namespace }) };
    return this.#client.getMetadata(resource, ref).catch((error: unknown) => {
      if (isApiError(error, "NotFound")) return undefined;
      throw error;
    });
  }

  async #delete({ resource, object }: Node, propagationPolicy: "Background" | "Foreground"): Promise<void> {
    const { uid, resourceVersion } = object.metadata;
    const preconditions = {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    await this.#client
      .delete(resource, refOf(object), { propagationPolicy, preconditions })
      .catch(ignoreGone);
  }

  async #keepOwners({ resource, object }: Node, keep: (reference: OwnerReference) => boolean): Promise<void> {
    const ownerReferences = (object.metadata.ownerReferences ?? []).filter(keep);
    await this.#patchMetadata(resource, object, {
      ownerReferences: ownerReferences.length === 0 ? null : ownerReferences,
    });
  }

  async #removeFinalizer({ resource, object }: Node, finalizer: string): Promise<void> {
    const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    await this.#patchMetadata(resource, object, { finalizers });
  }

  async #patchMetadata(resource: ResourceRef, object: KubeObject, change: object): Promise<void> {
    const patch = {
      metadata: { ...change, uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion },
    };
    await this.#client
      .mergePatch(resource, refOf(object), patch, { fieldManager: "garbage-collector" })
      .catch(ignoreGone);
  }
}

function refOf(object: KubeObject): ObjectRef {
  const { name = "", namespace } = object.metadata;
  return { name, ...(namespace === undefined ? {} : { namespace }) };
}

function ignoreGone(error: unknown): void {
  if (!isApiError(error, "NotFound")) throw error;
}
