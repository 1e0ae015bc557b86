import { lazy } from "../../machinery/lazy.ts";
import { loadSchema } from "../common/load.ts";
import v1alpha1 from "../generated/llamastackdistribution.v1alpha1.json" with { type: "json" };
import v1alpha2 from "../generated/llamastackdistribution.v1alpha2.json" with { type: "json" };
import type {
  Converter,
  ResourceDefinition,
  ResourceVersionDefinition,
} from "../meta/resource-definition.ts";
import { canonicalizeLlamaStackDistribution } from "./canonical.ts";
import {
  llamaStackDistributionColumns,
  llamaStackDistributionNames,
  llamaStackDistributionSelectableFields,
} from "./names.ts";

/** The version objects are stored in and everything behind admission works on. */
export const llamaStackDistributionHub = "v1alpha2";

/**
 * What the generic server needs to serve LlamaStackDistribution. The converter is given by the caller, because
 * conversion/ stands above api/.
 */
export function llamaStackDistributionDefinition(converter: Converter): ResourceDefinition {
  const version = (name: "v1alpha1" | "v1alpha2", generated: unknown): ResourceVersionDefinition => {
    const schema = lazy(() => loadSchema(generated, `LlamaStackDistribution ${name}`));
    return {
      name,
      served: true,
      storage: name === llamaStackDistributionHub,
      get schema() {
        return schema();
      },
      columns: llamaStackDistributionColumns[name],
      selectableFields: llamaStackDistributionSelectableFields[name],
      status: true,
    };
  };
  return {
    ...llamaStackDistributionNames,
    versions: [version("v1alpha2", v1alpha2), version("v1alpha1", v1alpha1)],
    converter,
    canonicalize: canonicalizeLlamaStackDistribution,
  };
}
