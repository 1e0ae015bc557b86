import type { Static } from "typebox";
import type { ObjectMeta } from "../../meta/types.ts";
import type { modelDeploymentSpec, modelDeploymentStatus } from "./schema.ts";

/** spec of a ModelDeployment v1alpha2. */
export type ModelDeploymentSpec = Static<typeof modelDeploymentSpec>;
/** status of a ModelDeployment v1alpha2. */
export type ModelDeploymentStatus = Static<typeof modelDeploymentStatus>;

/** A ModelDeployment of v1alpha2. */
export interface ModelDeployment {
  apiVersion: "hawsepipe.dev/v1alpha2";
  kind: "ModelDeployment";
  metadata: ObjectMeta;
  spec: ModelDeploymentSpec;
  status?: ModelDeploymentStatus;
}

type Part<K extends keyof ModelDeploymentSpec> = NonNullable<ModelDeploymentSpec[K]>;
export type ModelSpec = Part<"model">;
export type ModelVolume = NonNullable<ModelSpec["volumes"]>[number];
export type EngineSpec = Part<"engine">;
export type EngineType = NonNullable<EngineSpec["type"]>;
export type ServingSpec = Part<"serving">;
export type ServingMode = NonNullable<ServingSpec["mode"]>;
export type ServingResources = NonNullable<ServingSpec["resources"]>;
export type WorkloadSpec = Part<"workload">;
export type EnvVar = NonNullable<WorkloadSpec["env"]>[number];
