import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import { convertLlamaStackDistribution } from "../../conversion/llamastackdistribution/converter.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { AdmissionAttributes } from "../../server/admission/plugin.ts";

/**
 * v1alpha1 can name another namespace for the configuration of one's own, and v1alpha2 cannot: pods mount ConfigMaps of
 * their own namespace only. The name is kept for v1alpha1 and has no effect, which its author is told.
 */
export function foreignUserConfig(
  { requestVersion }: Pick<AdmissionAttributes, "requestVersion">,
  object: LlamaStackDistribution,
): readonly string[] {
  if (requestVersion !== "v1alpha1" || object.spec.overrideConfig === undefined) return [];
  const older = convertLlamaStackDistribution(object as unknown as JsonObject, "v1alpha1").object;
  const path = ["spec", "server", "userConfig", "configMapNamespace"];
  const namespace = getPath(older, ...path);
  const own = object.metadata.namespace ?? "";
  if (typeof namespace !== "string" || namespace === "" || namespace === own) return [];
  return [
    `${path.join(".")}: has no effect: pods mount ConfigMaps of their own namespace ${JSON.stringify(own)} only`,
  ];
}
