import type { Base } from "./config/base.ts";
import { baseHash } from "./config/generate.ts";
import type { ConfigSpec } from "./config/input.ts";
import type { Failure } from "./config/result.ts";
import { resolveImage, unknownDistribution } from "./distributions/image.ts";
import { embeddedBase } from "./distributions/registry.ts";

/** The image of a distribution and the base configuration that belongs to it; the two are used only together. */
export interface ResolvedDistribution {
  readonly image: string;
  readonly configSource: "embedded" | "oci-label";
  /** `sha256:…` of the base. */
  readonly configHash: string;
  readonly base: Base;
}

export interface Resolution {
  /** Images that take the place of named distributions' own. */
  readonly imageOverrides?: Readonly<Record<string, string>>;
  /** The base configuration found in the labels of the image, which beats an embedded one. */
  readonly labelled?: Base | undefined;
}

/** What a spec's distribution stands for, or why it cannot be generated for. */
export function resolveDistribution(
  { distribution }: Pick<ConfigSpec, "distribution">,
  { imageOverrides, labelled }: Resolution = {},
): ResolvedDistribution | Failure {
  const image = resolveImage(distribution, imageOverrides);
  if (image === undefined) {
    return {
      reason: "ConfigGenerationFailed",
      errors: [unknownDistribution(distribution.name ?? "")],
      warnings: [],
    };
  }
  if (labelled !== undefined) return resolved(image, "oci-label", labelled);
  const embedded = distribution.image === undefined ? embeddedBase(distribution.name ?? "") : undefined;
  return embedded === undefined ? baseRequired(image) : resolved(image, "embedded", embedded);
}

const resolved = (
  image: string,
  configSource: ResolvedDistribution["configSource"],
  base: Base,
): ResolvedDistribution => ({ image, configSource, configHash: baseHash(base), base });

const baseRequired = (image: string): Failure => ({
  reason: "BaseConfigRequired",
  errors: [
    {
      type: "FieldValueRequired",
      path: "spec.overrideConfig",
      detail:
        `Required value: image ${image} carries no base configuration to generate from; ` +
        "set spec.overrideConfig, or build the image with the labels io.llamastack.config.*",
    },
  ],
  warnings: [],
});
