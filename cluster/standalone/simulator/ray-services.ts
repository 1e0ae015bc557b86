import type { KubeObject } from "../../../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getPath } from "../../../machinery/json/value.ts";
import type { SimulatedKind, SimulatedStatus } from "./simulator.ts";

/** Plays KubeRay's operator: a cluster comes up beside the one that serves, if any, and takes its place. */
export const simulatedRayServices: SimulatedKind = {
  resource: { group: "ray.io", version: "v1", resource: "rayservices", kind: "RayService", namespaced: true },
  next(service: KubeObject): SimulatedStatus | undefined {
    const object = service as unknown as JsonValue;
    const { generation = 0, name = "" } = service.metadata;
    const isCurrent = getPath(object, "status", "observedGeneration") === generation;
    const pending = getPath(object, "status", "pendingServiceStatus", "rayClusterName");
    const isPending = typeof pending === "string" && pending !== "";
    if (isCurrent && !isPending) return undefined;
    const cluster = `${name}-${String(generation)}`;
    const groups = getPath(object, "spec", "rayClusterConfig", "workerGroupSpecs");
    const workers = (Array.isArray(groups) ? groups : [])
      .map((group) => getPath(group, "replicas"))
      .reduce<number>((sum, replicas) => sum + (typeof replicas === "number" ? replicas : 0), 0);
    const isUp = isCurrent && isPending;
    return { status: isUp ? up(cluster, workers) : starting(cluster, generation), afterMs: isUp ? 0 : 300 };
  },
};

const condition = (type: string, isTrue: boolean, reason: string, message: string): JsonObject => ({
  type,
  status: isTrue ? "True" : "False",
  reason,
  message,
});

const starting = (cluster: string, generation: number): JsonObject => ({
  observedGeneration: generation,
  pendingServiceStatus: {
    rayClusterName: cluster,
    applicationStatuses: { llm: { status: "DEPLOYING", message: "the simulator is starting it" } },
  },
});

const up = (cluster: string, workers: number): JsonObject => ({
  serviceStatus: "Running",
  numServeEndpoints: workers,
  activeServiceStatus: {
    rayClusterName: cluster,
    applicationStatuses: { llm: { status: "RUNNING", message: "" } },
    rayClusterStatus: { readyWorkerReplicas: workers, desiredWorkerReplicas: workers },
  },
  pendingServiceStatus: null,
  conditions: [
    condition("Ready", true, "NonZeroServeEndpoints", "Number of serve endpoints is greater than 0"),
    condition(
      "UpgradeInProgress",
      false,
      "NoPendingCluster",
      "Active Ray cluster exists and no pending Ray cluster",
    ),
  ],
});
