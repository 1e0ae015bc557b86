/** What namespaces ask of the guard, followed live. */
import { isApiError } from "../../api/errors/api-error.ts";
import { serviceUnavailable } from "../../api/errors/catalogue.ts";
import type { Client, ResourceRef } from "../../cluster/client.ts";
import { startInformer } from "../../cluster/informer.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Enforcement } from "./decide.ts";
import { enforceLabel, enforcementOf } from "./decide.ts";

const namespaces: ResourceRef = {
  group: "",
  version: "v1",
  resource: "namespaces",
  kind: "Namespace",
  namespaced: false,
};

export interface EnforcementOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Answers from a cache, and by asking for a namespace the cache does not know, such as one made a moment ago. */
export function followEnforcement(
  options: EnforcementOptions,
): (namespace: string) => Promise<Enforcement> | Enforcement {
  const { client } = options;
  const cache = startInformer({ ...options, resource: namespaces, metadataOnly: true });
  return (name) => {
    const known = cache.get("", name);
    return known === undefined ? ask(client, name) : enforcementOf(known.metadata.labels?.[enforceLabel]);
  };
}

async function ask(client: Client, name: string): Promise<Enforcement> {
  try {
    const { metadata } = await client.getMetadata(namespaces, { name });
    return enforcementOf(metadata.labels?.[enforceLabel]);
  } catch (error) {
    if (isApiError(error, "NotFound")) return "none";
    throw serviceUnavailable(`the labels of namespace ${JSON.stringify(name)} cannot be read`);
  }
}
