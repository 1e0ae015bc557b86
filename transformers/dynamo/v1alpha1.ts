/** A graph as nvidia.com/v1alpha1 has it: services by name, and pods in parts of Dynamo's own making. */
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject, setKey } from "../../machinery/json/value.ts";
import { mergeSchema } from "../overrides.ts";
import { containerMerge } from "../pod/merge-schema.ts";
import { defaultGpuType } from "../pod/resources.ts";
import type { Component, Graph, GraphVersion } from "./graph.ts";
import { mainContainer, multinode } from "./graph.ts";

/** The label of pods that tells prefill from decode. */
const roleLabel = "nvidia.com/dynamo-sub-component-type";

/** Where pod specs stand, as far as they have the form of one. */
export const podSpecs: readonly string[] = ["spec.services.*.extraPodSpec"];

/** How overrides are merged. */
const overrideMerge = mergeSchema(
  podSpecs,
  {
    "spec.envs": "name",
    "spec.pvcs": "name",
    "spec.services.*.envs": "name",
    "spec.services.*.volumeMounts": "name",
  },
  { "spec.services.*.extraPodSpec.mainContainer": containerMerge },
);

/** `spec` of a graph. */
function specOf({ framework, components }: Graph): JsonObject {
  const services: JsonObject = {};
  for (const component of components) setKey(services, component.name, serviceOf(component));
  return { backendFramework: framework, services };
}

function serviceOf(component: Component): JsonObject {
  const { role, replicas, labels, annotations, pod, sidecar, pickerConfig } = component;
  const { containers, ...rest } = pod;
  const all = (Array.isArray(containers) ? containers : []).filter(isObject);
  const { name: _name, resources, ...main } = all.find(({ name }) => name === mainContainer) ?? {};
  const others = all.filter(({ name }) => name !== mainContainer);
  const isWorker = role === "prefill" || role === "decode";
  return {
    componentType: isWorker ? "worker" : role,
    ...(isWorker ? { subComponentType: role } : {}),
    replicas,
    ...multinode(component),
    ...(isObject(resources) ? { resources: resourcesOf(resources) } : {}),
    extraPodMetadata: {
      labels: { ...labels },
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
    },
    ...(sidecar === undefined ? {} : { frontendSidecar: sidecarOf(sidecar) }),
    ...(pickerConfig === undefined ? {} : { eppConfig: { config: pickerConfig } }),
    extraPodSpec: { ...rest, ...(others.length === 0 ? {} : { containers: others }), mainContainer: main },
  };
}

function sidecarOf({ name: _name, env, ...sidecar }: JsonObject): JsonObject {
  return { ...sidecar, ...(env === undefined ? {} : { envs: env }) };
}

/** Dynamo has names of its own for amounts: accelerators are `gpu`, and their kind is said beside. */
function resourcesOf(resources: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const part of ["limits", "requests"]) {
    const amounts = getKey(resources, part);
    if (isObject(amounts)) result[part] = amountsOf(amounts);
  }
  const claims = getKey(resources, "claims");
  return claims === undefined ? result : { ...result, claims };
}

function amountsOf(amounts: JsonObject): JsonObject {
  const result: JsonObject = {};
  const custom: JsonObject = {};
  for (const [name, amount] of Object.entries(amounts)) {
    const text: JsonValue = typeof amount === "number" ? String(amount) : amount;
    if (name === "cpu" || name === "memory") result[name] = text;
    else if (!isAccelerator(name) || "gpu" in result) setKey(custom, name, text);
    else {
      result["gpu"] = text;
      if (name !== defaultGpuType) result["gpuType"] = name;
    }
  }
  return Object.keys(custom).length === 0 ? result : { ...result, custom };
}

/** Extended resources have a domain; those of Kubernetes itself, such as ephemeral-storage, have none. */
const isAccelerator = (name: string): boolean => name.includes("/") && !name.startsWith("hugepages-");

/** How a graph is written in this version. */
export const v1alpha1: GraphVersion = { roleLabel, overrideMerge, specOf };
