/** A graph as nvidia.com/v1beta1 has it: a list of components, each with a pod template. */
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { mergeSchema } from "../overrides.ts";
import type { Component, Graph, GraphVersion } from "./graph.ts";
import { multinode } from "./graph.ts";

/** The label of pods that tells prefill from decode. */
const roleLabel = "nvidia.com/dynamo-component-type";

/** Where pod specs stand. */
export const podSpecs: readonly string[] = ["spec.components.[].podTemplate.spec"];

/** How overrides are merged. */
const overrideMerge = mergeSchema(podSpecs, { "spec.components": "name", "spec.env": "name" });

/** `spec` of a graph. */
const specOf = ({ framework, components }: Graph): JsonObject => ({
  backendFramework: framework,
  components: components.map(componentOf),
});

function componentOf(component: Component): JsonObject {
  const { name, role, replicas, labels, annotations, pod, sidecar, pickerConfig } = component;
  const containers = (pod["containers"] ?? []) as JsonValue[];
  return {
    name,
    type: role,
    replicas,
    ...multinode(component),
    podTemplate: {
      metadata: {
        labels: { ...labels },
        ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      },
      spec: { ...pod, containers: sidecar === undefined ? containers : [...containers, sidecar] },
    },
    ...(sidecar === undefined ? {} : { frontendSidecar: sidecar["name"] as string }),
    ...(pickerConfig === undefined ? {} : { eppConfig: { config: pickerConfig } }),
  };
}

/** How a graph is written in this version. */
export const v1beta1: GraphVersion = { roleLabel, overrideMerge, specOf };
