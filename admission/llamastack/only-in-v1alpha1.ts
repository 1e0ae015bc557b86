import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import { convertLlamaStackDistribution } from "../../conversion/llamastackdistribution/converter.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { serverContainer } from "../../transformers/llamastack/render/names.ts";

/**
 * What v1alpha1 can say and v1alpha2 cannot: it is kept for v1alpha1 and has no effect, which whoever writes that version
 * is told. The ConfigMap of another namespace is such a thing, since pods mount those of their own namespace only.
 */
export function onlyInV1alpha1(requestVersion: string, object: LlamaStackDistribution): readonly string[] {
  if (requestVersion !== "v1alpha1") return [];
  const older = convertLlamaStackDistribution(object as unknown as JsonObject, "v1alpha1").object;
  const textAt = (path: string): string => {
    const found = getPath(older, ...path.split("."));
    return typeof found === "string" ? found : "";
  };
  const warnings: string[] = [];
  const own = object.metadata.namespace ?? "";
  const foreign = "spec.server.userConfig.configMapNamespace";
  if (object.spec.overrideConfig !== undefined && !["", own].includes(textAt(foreign))) {
    warnings.push(
      `${foreign}: has no effect: pods mount ConfigMaps of their own namespace ${JSON.stringify(own)} only`,
    );
  }
  const container = "spec.server.containerSpec.name";
  if (!["", serverContainer].includes(textAt(container)))
    warnings.push(`${container}: has no effect: the container is called ${serverContainer}`);
  return warnings;
}
