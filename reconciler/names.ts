import type { ResourceRef } from "../cluster/client.ts";

/** The field manager of everything the reconciler applies. */
export const fieldManager = "hawsepipe";
const group = "hawsepipe.dev";

/** ModelDeployments in the version the reconciler works on. */
export const modelDeployments: ResourceRef = {
  group,
  version: "v1alpha2",
  resource: "modeldeployments",
  kind: "ModelDeployment",
  namespaced: true,
};

export const inferenceProviders: ResourceRef = {
  group,
  version: "v1alpha1",
  resource: "inferenceproviders",
  kind: "InferenceProvider",
  namespaced: false,
};

export const events: ResourceRef = {
  group: "",
  version: "v1",
  resource: "events",
  kind: "Event",
  namespaced: true,
};
