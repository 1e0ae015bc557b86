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
  // An operator's real definition may be of a time before v1beta1.
  const versionOf = (group: string): "v1beta1" | "v1alpha1" =>
    definitions.some(
      (definition) =>
        definition.group === group &&
        definition.versions.some(({ name, served }) => name === "v1beta1" && served),
    )
      ? "v1beta1"
      : "v1alpha1";
  return [
    simulatedClaims,
    simulatedJobs,
    simulatedDeployments,
    simulatedWorkspaces(versionOf("kaito.sh")),
    simulatedRayServices,
    simulatedGraphs(versionOf("nvidia.com")),
  ];
}
