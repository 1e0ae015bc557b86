import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { cloneJson } from "../../../machinery/json/value.ts";
import { replicasOf, selectorLabels } from "./names.ts";

const domains = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone", "kubernetes.io/hostname"];

/** Where the pods stand relative to each other: as the spec says, else apart from each other as far as possible. */
export function spread(distribution: LlamaStackDistribution): JsonObject {
  const labelSelector = { matchLabels: selectorLabels(distribution.metadata.name ?? "") };
  const given = distribution.spec.workload?.topologySpreadConstraints;
  const isSeveral = replicasOf(distribution) > 1;
  const constraints =
    given?.map((constraint) => ({
      labelSelector,
      ...cloneJson<JsonObject>(constraint),
    })) ??
    (isSeveral
      ? domains.map((topologyKey) => ({
          maxSkew: 1,
          topologyKey,
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector,
        }))
      : []);
  return {
    ...(constraints.length === 0 ? {} : { topologySpreadConstraints: constraints }),
    ...(isSeveral
      ? {
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                {
                  weight: 100,
                  podAffinityTerm: { labelSelector, topologyKey: "kubernetes.io/hostname" },
                },
              ],
            },
          },
        }
      : {}),
  };
}
