import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { cloneJson } from "../../../machinery/json/value.ts";

/**
 * Resources of the server: what the spec names, and requests of 1 CPU per worker and 1Gi for what it does not. Whoever
 * says how many workers there are means what they need to be the limit, too. `workers` are those the server is told of.
 */
export function resources({ spec }: LlamaStackDistribution, workers: number | undefined): JsonObject {
  const { resources: given } = spec.workload ?? {};
  const limits = cloneJson<JsonObject>(given?.limits ?? {});
  const requests: JsonObject = { ...cloneJson<JsonObject>(given?.requests ?? {}) };
  const usual: Readonly<Record<string, string>> = { cpu: String(workers ?? 1), memory: "1Gi" };
  for (const [name, amount] of Object.entries(usual)) {
    if (!Object.hasOwn(requests, name) && !Object.hasOwn(limits, name)) requests[name] = amount;
    if (workers !== undefined && !Object.hasOwn(limits, name)) limits[name] = requests[name] ?? amount;
  }
  return {
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(Object.keys(requests).length === 0 ? {} : { requests }),
    ...(given?.claims === undefined ? {} : { claims: cloneJson<JsonObject[]>(given.claims) }),
  };
}
