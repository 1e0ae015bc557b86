import { modelDeploymentNames } from "../api/modeldeployment/names.ts";
import { getPath } from "../machinery/json/value.ts";
import type { AdmissionPlugin } from "../server/admission/plugin.ts";
import { cleanupFinalizer } from "../transformers/ownership.ts";
import { deploymentsOf } from "./attributes.ts";

/**
 * Puts the finalizer on a new deployment that is about to be rendered, so that the reconciler of this process need not
 * write it for that. One that is created paused gets it when there is something to clean up.
 */
export const cleanupPlugin = (): AdmissionPlugin => ({
  name: "ModelDeploymentCleanup",
  handles: ({ resource, subresource, operation, object }) =>
    operation === "CREATE" &&
    subresource === "" &&
    resource.group === modelDeploymentNames.group &&
    resource.resource === modelDeploymentNames.plural &&
    getPath(object, "spec", "paused") !== true,
  admit: async (attributes) => {
    const { metadata } = deploymentsOf(attributes).object as { metadata: { finalizers?: string[] } };
    const { finalizers = [] } = metadata;
    if (!finalizers.includes(cleanupFinalizer)) metadata.finalizers = [...finalizers, cleanupFinalizer];
  },
});
