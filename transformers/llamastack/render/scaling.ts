import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import type { Findings } from "../../findings.ts";
import { derivedName, owned, replicasOf, selectorLabels } from "./names.ts";

/** Whether an autoscaler sets the number of replicas; a greatest number of 0, which v1alpha1 takes, asks for none. */
export const isAutoscaled = ({ spec }: LlamaStackDistribution): boolean =>
  (spec.workload?.autoscaling?.maxReplicas ?? 0) > 0;

/** The HorizontalPodAutoscaler, when there is to be one. */
export function autoscaler(distribution: LlamaStackDistribution): KubeObject[] {
  const { autoscaling } = distribution.spec.workload ?? {};
  if (autoscaling === undefined || !isAutoscaled(distribution)) return [];
  const { targetCPUUtilizationPercentage: cpu, targetMemoryUtilizationPercentage: memory } = autoscaling;
  return [
    owned(distribution, {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      name: derivedName(distribution, "hpa"),
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: distribution.metadata.name ?? "" },
        minReplicas: leastReplicas(distribution, autoscaling),
        maxReplicas: autoscaling.maxReplicas,
        metrics: [
          ...(cpu === undefined && memory !== undefined ? [] : [utilization("cpu", cpu ?? 80)]),
          ...(memory === undefined ? [] : [utilization("memory", memory)]),
        ],
      },
    }),
  ];
}

/** Not fewer than are asked for, as far as there may be that many. */
const leastReplicas = (
  distribution: LlamaStackDistribution,
  { minReplicas = 0, maxReplicas }: { readonly minReplicas?: number; readonly maxReplicas: number },
): number => Math.min(maxReplicas, Math.max(1, replicasOf(distribution), minReplicas));

const utilization = (name: string, averageUtilization: number): JsonObject => ({
  type: "Resource",
  resource: { name, target: { type: "Utilization", averageUtilization } },
});

/** The PodDisruptionBudget: when it is asked for, and whenever there is more than one replica. */
export function disruptionBudget(distribution: LlamaStackDistribution, findings: Findings): KubeObject[] {
  const budget = distribution.spec.workload?.podDisruptionBudget;
  if (budget === undefined && replicasOf(distribution) <= 1) return [];
  const { minAvailable, maxUnavailable } = budget ?? {};
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    findings.unsupportedField(
      "spec.workload.podDisruptionBudget.maxUnavailable",
      "a PodDisruptionBudget takes one of both, and minAvailable is set",
    );
  }
  return [
    owned(distribution, {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      name: derivedName(distribution, "pdb"),
      spec: {
        selector: { matchLabels: selectorLabels(distribution.metadata.name ?? "") },
        ...(minAvailable === undefined ? { maxUnavailable: maxUnavailable ?? 1 } : { minAvailable }),
      },
    }),
  ];
}
