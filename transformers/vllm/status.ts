import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { conditionsOf, findObserved, numberAt } from "../observed.ts";
import type { ObservedResource, ProviderStatus } from "../transformer.ts";
import { servicePort } from "./render.ts";

/**
 * What the Deployment says. A status of an older generation proves nothing about the newest spec, so it is Deploying
 * whatever else it says. Zero wanted replicas are Running once none is left: that is what was asked for.
 */
export function vllmStatus(
  deployment: ModelDeployment,
  observed: readonly ObservedResource[],
): ProviderStatus {
  const object = findObserved(observed, "Deployment");
  const endpoint = { service: deployment.metadata.name ?? "", port: servicePort(deployment) };
  if (object === undefined) {
    const desired = deployment.spec.serving?.replicas ?? 1;
    return {
      phase: "Pending",
      reason: "DeploymentMissing",
      message: "the Deployment does not exist yet",
      replicas: { desired, ready: 0, available: 0 },
      isStale: true,
    };
  }
  const desired = numberAt(object, 1, "spec", "replicas");
  const ready = numberAt(object, 0, "status", "readyReplicas");
  const available = numberAt(object, 0, "status", "availableReplicas");
  const updated = numberAt(object, 0, "status", "updatedReplicas");
  const total = numberAt(object, 0, "status", "replicas");
  const isStale =
    numberAt(object, 0, "status", "observedGeneration") < numberAt(object, 0, "metadata", "generation");
  const common = { replicas: { desired, ready, available }, endpoint, isStale };

  if (isStale) {
    return {
      ...common,
      phase: "Deploying",
      reason: "DeploymentInProgress",
      message: "the Deployment controller has not seen the newest spec yet",
    };
  }
  const conditions = conditionsOf(object);
  const failure = conditions.find(
    ({ type, status }) =>
      (type === "Progressing" && status === "False") || (type === "ReplicaFailure" && status === "True"),
  );
  if (failure !== undefined) {
    const { message, reason } = failure;
    return {
      ...common,
      phase: "Failed",
      reason: "DeploymentFailed",
      message: message === "" ? reason : message,
    };
  }
  const isComplete = updated >= desired && total === updated && available >= desired;
  if (isComplete) {
    return desired === 0
      ? { ...common, phase: "Running", reason: "ScaledToZero", message: "scaled to zero" }
      : {
          ...common,
          phase: "Running",
          reason: "DeploymentReady",
          message: `${String(ready)} of ${String(desired)} replicas are ready`,
        };
  }
  return {
    ...common,
    phase: "Deploying",
    reason: "DeploymentInProgress",
    message: progress(common.replicas, updated),
  };
}

function progress({ desired, ready }: ProviderStatus["replicas"], updated: number): string {
  const counts = `${String(ready)} of ${String(desired)} replicas are ready`;
  return updated < desired ? `${counts}, ${String(updated)} run the newest spec` : counts;
}
