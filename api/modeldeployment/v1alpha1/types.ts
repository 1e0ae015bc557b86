import type { Static } from "typebox";
import type { ObjectMeta } from "../../meta/types.ts";
import type { modelDeploymentSpec, modelDeploymentStatus } from "./schema.ts";

/** spec of a ModelDeployment v1alpha1. */
export type ModelDeploymentSpec = Static<typeof modelDeploymentSpec>;
/** status of a ModelDeployment v1alpha1. */
export type ModelDeploymentStatus = Static<typeof modelDeploymentStatus>;

/** A ModelDeployment of v1alpha1. */
export interface ModelDeployment {
  apiVersion: "hawsepipe.dev/v1alpha1";
  kind: "ModelDeployment";
  metadata: ObjectMeta;
  spec: ModelDeploymentSpec;
  status?: ModelDeploymentStatus;
}
