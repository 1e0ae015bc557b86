import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import { derivedName, owned } from "./names.ts";

export const claimName = (distribution: LlamaStackDistribution): string => derivedName(distribution, "pvc");

/** The claim for the server's files, when there is to be one. */
export function claim(distribution: LlamaStackDistribution): KubeObject[] {
  const { storage } = distribution.spec.workload ?? {};
  if (storage === undefined) return [];
  return [
    owned(distribution, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      name: claimName(distribution),
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: storage.size ?? "10Gi" } },
      },
    }),
  ];
}
