import type { KubeObject } from "../../../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getKey, getPath, isObject, setKey } from "../../../machinery/json/value.ts";
import type { SimulatedKind, SimulatedStatus } from "./simulator.ts";

/** Plays Dynamo's operator in the version that is served: components come up, then the graph is successful. */
export const simulatedGraphs = (version: "v1beta1" | "v1alpha1"): SimulatedKind => ({
  resource: {
    group: "nvidia.com",
    version,
    resource: "dynamographdeployments",
    kind: "DynamoGraphDeployment",
    namespaced: true,
  },
  next(graph: KubeObject): SimulatedStatus | undefined {
    const object = graph as unknown as JsonValue;
    const generation = graph.metadata.generation ?? 0;
    const state = getPath(object, "status", "state");
    const isCurrent = getPath(object, "status", "observedGeneration") === generation;
    if (isCurrent && state === "successful") return undefined;
    const isUp = isCurrent && state === "pending";
    const field = version === "v1beta1" ? "components" : "services";
    return {
      status: {
        state: isUp ? "successful" : "pending",
        observedGeneration: generation,
        [field]: statusOfComponents(getPath(object, "spec", field), isUp),
        conditions: [
          {
            type: "Ready",
            status: isUp ? "True" : "False",
            reason: isUp ? "all_resources_are_ready" : "some_resources_are_not_ready",
            message: isUp ? "All resources are ready" : "Resources not ready: the simulator is starting them",
            observedGeneration: generation,
          },
        ],
      },
      afterMs: isUp ? 0 : 300,
    };
  },
});

function statusOfComponents(components: JsonValue | undefined, isUp: boolean): JsonObject {
  const parts: (readonly [string, JsonValue])[] = Array.isArray(components)
    ? components.map((part) => [getPath(part, "name") as string, part])
    : isObject(components)
      ? Object.keys(components).map((name) => [name, getKey(components, name) ?? null])
      : [];
  const result: JsonObject = {};
  for (const [name, part] of parts) {
    const wanted = getPath(part, "replicas");
    const replicas = typeof wanted === "number" ? wanted : 1;
    const ready = isUp ? replicas : 0;
    setKey(result, name, {
      componentKind: "Deployment",
      componentName: name.toLowerCase(),
      ...{ replicas, updatedReplicas: replicas, readyReplicas: ready, availableReplicas: ready },
    });
  }
  return result;
}
