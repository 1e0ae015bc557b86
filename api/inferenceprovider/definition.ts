import { lazy } from "../../machinery/lazy.ts";
import { loadSchema } from "../common/load.ts";
import v1alpha1 from "../generated/inferenceprovider.v1alpha1.json" with { type: "json" };
import type { ResourceDefinition } from "../meta/resource-definition.ts";
import { inferenceProviderColumns, inferenceProviderNames } from "./names.ts";

/** What the generic server needs to serve InferenceProvider. */
export function inferenceProviderDefinition(): ResourceDefinition {
  const schema = lazy(() => loadSchema(v1alpha1, "InferenceProvider v1alpha1"));
  return {
    ...inferenceProviderNames,
    versions: [
      {
        name: "v1alpha1",
        served: true,
        storage: true,
        get schema() {
          return schema();
        },
        columns: inferenceProviderColumns,
        status: true,
      },
    ],
  };
}
