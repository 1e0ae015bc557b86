import type { ResourceRef } from "../cluster/client.ts";

/** The field manager of everything the reconciler applies. */
export const fieldManager = "hawsepipe";
/** Keeps a deployment until what was rendered for it is gone. */
export const cleanupFinalizer = "hawsepipe.dev/cleanup";
/** On every rendered resource; what the reconciler watches is selected by it. */
export const managedByLabel = "hawsepipe.dev/managed-by";
export const managedByValue = "hawsepipe";
/** On the resource that carries the model: what it serves. A different text means it must be replaced. */
export const servesAnnotation = "hawsepipe.dev/serves";

const group = "hawsepipe.dev";

/** ModelDeployments in the version the reconciler works on. */
export const modelDeployments: ResourceRef = {
  group,
  version: "v1alpha2",
  resource: "modeldeployments",
  kind: "ModelDeployment",
  namespaced: true,
};

export const events: ResourceRef = {
  group: "",
  version: "v1",
  resource: "events",
  kind: "Event",
  namespaced: true,
};
