import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { findObserved } from "../observed.ts";
import { deploymentStatus } from "../pod/deployment-status.ts";
import type { ObservedResource, ProviderStatus } from "../transformer.ts";
import { servicePort } from "./render.ts";

/** What the Deployment and its pods say. */
export function vllmStatus(
  deployment: ModelDeployment,
  observed: readonly ObservedResource[],
): ProviderStatus {
  const object = findObserved(observed, "Deployment");
  const status = deploymentStatus(object, deployment.spec.serving?.replicas ?? 1, observed);
  if (object === undefined) return status;
  return {
    ...status,
    endpoint: { service: deployment.metadata.name ?? "", port: servicePort(deployment) },
  };
}
