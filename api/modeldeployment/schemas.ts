import { lazy } from "../../machinery/lazy.ts";
import type { Structural } from "../../machinery/schema/structural.ts";
import { loadSchema } from "../common/load.ts";
import v1alpha1 from "../generated/modeldeployment.v1alpha1.json" with { type: "json" };
import v1alpha2 from "../generated/modeldeployment.v1alpha2.json" with { type: "json" };

/** The schema of each version, read once for all who ask. */
export const modelDeploymentSchemas: Readonly<Record<"v1alpha1" | "v1alpha2", () => Structural>> = {
  v1alpha1: lazy(() => loadSchema(v1alpha1, "ModelDeployment v1alpha1")),
  v1alpha2: lazy(() => loadSchema(v1alpha2, "ModelDeployment v1alpha2")),
};
