import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import { derivedName, owned } from "./names.ts";

/** The ServiceAccount of the pods; the user's own when one is named. */
export const serviceAccountNameOf = (distribution: LlamaStackDistribution): string =>
  distribution.spec.workload?.overrides?.serviceAccountName ?? derivedName(distribution, "sa");

/** An account of the server's own, without a token: the server has no business with the API. */
export function serviceAccount(distribution: LlamaStackDistribution): KubeObject[] {
  if (distribution.spec.workload?.overrides?.serviceAccountName !== undefined) return [];
  return [
    owned(distribution, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      name: serviceAccountNameOf(distribution),
      automountServiceAccountToken: false,
    }),
  ];
}
