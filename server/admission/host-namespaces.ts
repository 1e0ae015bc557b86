/** The namespaces of the cluster this server extends: followed, and asked for live when one is not known yet. */
import { isApiError } from "../../api/errors/api-error.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import type { ResourceRef } from "../../cluster/client.ts";
import { hostFailure } from "../../cluster/host-failure.ts";
import { startInformer } from "../../cluster/informer.ts";
import type { FollowOptions } from "../../cluster/reflector.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { NamespaceFacts, NamespaceSource } from "./namespace-lifecycle.ts";

export interface HostNamespaces extends NamespaceSource {
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  /** Undefined when there is no such namespace. */
  labels(name: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** The Namespace without managed fields; undefined when there is none. */
  object(name: string): Promise<JsonObject | undefined>;
}

const namespaces: ResourceRef = {
  group: "",
  version: "v1",
  resource: "namespaces",
  kind: "Namespace",
  namespaced: false,
};

/** Starts to follow; ends when the signal aborts. */
export function followNamespaces(options: FollowOptions): HostNamespaces {
  const informer = startInformer({ ...options, resource: namespaces, transform: essential });
  const find = async (name: string): Promise<KubeObject | undefined> => {
    const known = informer.get("", name);
    if (known !== undefined) return known;
    try {
      return essential(await options.client.get(namespaces, { name }));
    } catch (error) {
      if (isApiError(error, "NotFound")) return undefined;
      throw hostFailure(`the lookup of namespace ${JSON.stringify(name)}`, error);
    }
  };
  return {
    synced: informer.synced,
    get hasSynced() {
      return informer.hasSynced;
    },
    cached(name) {
      const known = informer.get("", name);
      return known === undefined ? undefined : factsOf(known);
    },
    async live(name) {
      const found = await find(name);
      return found === undefined ? undefined : factsOf(found);
    },
    async labels(name) {
      const found = await find(name);
      return found === undefined ? undefined : (found.metadata.labels ?? {});
    },
    async object(name) {
      const found = await find(name);
      return found === undefined ? undefined : asJson(found);
    },
  };
}

/** What policies may read of a Namespace, which is everything but who wrote it. */
function essential(namespace: KubeObject): KubeObject {
  const { managedFields: _fields, ...metadata } = namespace.metadata;
  return { ...namespace, metadata };
}

function factsOf(namespace: KubeObject): NamespaceFacts {
  return {
    isTerminating:
      getPath(asJson(namespace), "status", "phase") === "Terminating" ||
      namespace.metadata.deletionTimestamp !== undefined,
  };
}
