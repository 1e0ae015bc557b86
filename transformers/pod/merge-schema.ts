/** How the lists of a pod are merged by strategic merge patch: the merge keys of core/v1, as far as pods use them. */
import type { Structural } from "../../machinery/schema/structural.ts";

const object = (properties: Readonly<Record<string, Structural>>): Structural => ({
  type: "object",
  properties: new Map(Object.entries(properties)),
});
const anyObject: Structural = { type: "object", preserveUnknownFields: true };
const merged = (patchMergeKey: string, items: Structural = anyObject): Structural => ({
  type: "array",
  patchStrategy: "merge",
  patchMergeKey,
  items,
});

/** core/v1 Container, only what merging must know. */
export const containerMerge: Structural = object({
  env: merged("name"),
  ports: merged("containerPort"),
  volumeMounts: merged("mountPath"),
  volumeDevices: merged("devicePath"),
});

/** core/v1 PodSpec, only what merging must know. */
export const podSpecMerge: Structural = object({
  containers: merged("name", containerMerge),
  initContainers: merged("name", containerMerge),
  volumes: { ...merged("name"), patchStrategy: "merge,retainKeys" },
  imagePullSecrets: merged("name"),
  hostAliases: merged("ip"),
  topologySpreadConstraints: merged("topologyKey"),
  resourceClaims: { ...merged("name"), patchStrategy: "merge,retainKeys" },
});
