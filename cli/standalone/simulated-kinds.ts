import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import { simulatedClaims } from "../../cluster/standalone/simulator/claims.ts";
import { simulatedDeployments } from "../../cluster/standalone/simulator/deployments.ts";
import { simulatedGraphs } from "../../cluster/standalone/simulator/graphs.ts";
import { simulatedJobs } from "../../cluster/standalone/simulator/jobs.ts";
import { simulatedRayServices } from "../../cluster/standalone/simulator/ray-services.ts";
import type { SimulatedKind } from "../../cluster/standalone/simulator/simulator.ts";
import { simulatedWorkspaces } from "../../cluster/standalone/simulator/workspaces.ts";

/** Every kind whose controller is played, in the versions these definitions serve. */
export function simulatedKinds(definitions: readonly ResourceDefinition[]): readonly SimulatedKind[] {
  // Dynamo's real definition may be of a time before v1beta1.
  const hasNewGraphs = definitions.some(
    ({ group, plural, versions }) =>
      group === "nvidia.com" &&
      plural === "dynamographdeployments" &&
      versions.some(({ name, served }) => name === "v1beta1" && served),
  );
  return [
    simulatedClaims,
    simulatedJobs,
    simulatedDeployments,
    simulatedWorkspaces,
    simulatedRayServices,
    simulatedGraphs(hasNewGraphs ? "v1beta1" : "v1alpha1"),
  ];
}
