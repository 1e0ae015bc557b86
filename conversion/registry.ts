import type { Converter } from "../api/meta/resource-definition.ts";
import { groupResource } from "../api/meta/types.ts";
import { canonicalizeLlamaStackDistribution } from "../api/llamastackdistribution/canonical.ts";
import { llamaStackDistributionNames } from "../api/llamastackdistribution/names.ts";
import { modelDeploymentNames } from "../api/modeldeployment/names.ts";
import {
  convertLlamaStackDistribution,
  llamaStackDistributionConverter,
} from "./llamastackdistribution/converter.ts";
import { convertModelDeployment, modelDeploymentConverter } from "./modeldeployment/converter.ts";
import type { Converted } from "./lossless.ts";
import type { JsonObject } from "../machinery/json/value.ts";

/** The conversion of one kind. */
export interface KindConversion {
  readonly group: string;
  readonly kind: string;
  /** `modeldeployments.hawsepipe.dev` */
  readonly resource: string;
  readonly versions: readonly string[];
  /** The version objects are stored in. */
  readonly hub: string;
  readonly converter: Converter;
  /** Gives what people may write the form everybody else meets; changes the object. Absent: there is one form only. */
  canonicalize?(object: JsonObject, version: string): JsonObject;
  /** As the converter, and says what could not be honoured. */
  convert(object: JsonObject, toVersion: string): Converted;
}

/** Every kind that is served in more than one version. */
export const conversions: readonly KindConversion[] = [
  conversion(modelDeploymentNames, modelDeploymentConverter, convertModelDeployment),
  {
    ...conversion(
      llamaStackDistributionNames,
      llamaStackDistributionConverter,
      convertLlamaStackDistribution,
    ),
    canonicalize: canonicalizeLlamaStackDistribution,
  },
];

/** The conversion of a kind, or undefined when it has one version only or is not ours. */
export const conversionOf = (group: string, kind: string): KindConversion | undefined =>
  conversions.find((c) => c.group === group && c.kind === kind);

function conversion(
  { group, kind, plural }: { readonly group: string; readonly kind: string; readonly plural: string },
  converter: Converter,
  convert: KindConversion["convert"],
): KindConversion {
  const resource = groupResource({ group, resource: plural });
  return { group, kind, resource, versions: ["v1alpha2", "v1alpha1"], hub: "v1alpha2", converter, convert };
}
