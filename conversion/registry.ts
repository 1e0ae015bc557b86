import type { Converter } from "../api/meta/resource-definition.ts";
import { groupResource } from "../api/meta/types.ts";
import { modelDeploymentNames } from "../api/modeldeployment/names.ts";
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
  readonly converter: Converter;
  /** As the converter, and says what could not be honoured. */
  convert(object: JsonObject, toVersion: string): Converted;
}

/** Every kind that is served in more than one version. */
export const conversions: readonly KindConversion[] = [
  {
    group: modelDeploymentNames.group,
    kind: modelDeploymentNames.kind,
    resource: groupResource({ group: modelDeploymentNames.group, resource: modelDeploymentNames.plural }),
    versions: ["v1alpha2", "v1alpha1"],
    converter: modelDeploymentConverter,
    convert: convertModelDeployment,
  },
];

/** The conversion of a kind, or undefined when it has one version only or is not ours. */
export const conversionOf = (group: string, kind: string): KindConversion | undefined =>
  conversions.find((c) => c.group === group && c.kind === kind);
