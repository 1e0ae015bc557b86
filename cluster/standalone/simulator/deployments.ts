import type { KubeObject } from "../../../api/meta/types.ts";
import type { JsonValue } from "../../../machinery/json/value.ts";
import { getPath } from "../../../machinery/json/value.ts";
import type { SimulatedKind, SimulatedStatus } from "./simulator.ts";

/**
 * Plays the deployment controller without pods: a new generation is first in progress, then all its replicas are
 * ready. Reasons and messages are those of the real one.
 */
export const simulatedDeployments: SimulatedKind = {
  resource: { group: "apps", version: "v1", resource: "deployments", kind: "Deployment", namespaced: true },
  next(deployment: KubeObject): SimulatedStatus | undefined {
    const generation = deployment.metadata.generation ?? 0;
    const replicas = numberAt(deployment, "spec", "replicas");
    if (numberAt(deployment, "status", "observedGeneration") !== generation) {
      return inProgress(deployment, generation, replicas);
    }
    const isDone =
      numberAt(deployment, "status", "readyReplicas") === replicas &&
      hasCondition(deployment, "Available", "True");
    return isDone ? undefined : done(deployment, generation, replicas);
  },
};

function inProgress(deployment: KubeObject, generation: number, replicas: number): SimulatedStatus {
  return {
    status: {
      observedGeneration: generation,
      replicas,
      updatedReplicas: replicas,
      unavailableReplicas: replicas,
      conditions: [
        {
          type: "Available",
          status: "False",
          reason: "MinimumReplicasUnavailable",
          message: "Deployment does not have minimum availability.",
        },
        {
          type: "Progressing",
          status: "True",
          reason: "ReplicaSetUpdated",
          message: `ReplicaSet "${deployment.metadata.name ?? ""}" is progressing.`,
        },
      ],
    },
    afterMs: 300,
  };
}

function done(deployment: KubeObject, generation: number, replicas: number): SimulatedStatus {
  return {
    status: {
      observedGeneration: generation,
      replicas,
      updatedReplicas: replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
      unavailableReplicas: null,
      conditions: [
        {
          type: "Available",
          status: "True",
          reason: "MinimumReplicasAvailable",
          message: "Deployment has minimum availability.",
        },
        {
          type: "Progressing",
          status: "True",
          reason: "NewReplicaSetAvailable",
          message: `ReplicaSet "${deployment.metadata.name ?? ""}" has successfully progressed.`,
        },
      ],
    },
    afterMs: 0,
  };
}

function numberAt(object: KubeObject, ...path: readonly string[]): number {
  const value = getPath(object as unknown as JsonValue, ...path);
  return typeof value === "number" ? value : 0;
}

function hasCondition(object: KubeObject, type: string, status: string): boolean {
  const conditions = getPath(object as unknown as JsonValue, "status", "conditions");
  return (
    Array.isArray(conditions) &&
    conditions.some(
      (condition) => getPath(condition, "type") === type && getPath(condition, "status") === status,
    )
  );
}
