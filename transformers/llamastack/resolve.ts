import { invalid } from "../../machinery/field/error.ts";
import type { Base } from "./config/base.ts";
import type { ProviderPackages } from "./config/external.ts";
import { givenExternals } from "./config/external.ts";
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
  /** Labels that are there and make no base. */
  readonly broken?: Failure;
  /** Why the labels of the image have not been read; absent where they have, or need not be. */
  readonly unread?: Unread;
  /** What the images of external providers say; absent where nobody has looked. */
  readonly external?: ExternalImages;
  /** Images that are being read, and nothing is known of yet; absent where nobody reads any. */
  readonly awaited?: readonly string[];
}

export interface ExternalImages {
  readonly packages: ProviderPackages;
  /** Images that do not say what they provide, and why, by name. */
  readonly problems: ReadonlyMap<string, Pick<Unread, "detail" | "isTemporary">>;
}

export interface Unread {
  readonly detail: string;
  /** Whether asking again may help. */
  readonly isTemporary: boolean;
  /** Whether nothing else will do: what runs was made from the labels of this image. */
  readonly isNeeded: boolean;
}

/** What a spec's distribution stands for, or why it cannot be generated for. */
export function resolveDistribution(
  { distribution }: Pick<ConfigSpec, "distribution">,
  { imageOverrides, labelled, broken, unread }: Resolution = {},
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
  if (broken !== undefined) return broken;
  if (unread?.isNeeded === true) return labelsNeeded(image, unread);
  const embedded = distribution.image === undefined ? embeddedBase(distribution.name ?? "") : undefined;
  return embedded === undefined ? baseRequired(image, unread) : resolved(image, "embedded", embedded);
}

/** The failure of external providers whose images do not say what they are; undefined when all do. */
export function failureOfExternals(spec: ConfigSpec, { external }: Resolution): Failure | undefined {
  const failed = givenExternals(spec).flatMap(({ entry, path }) => {
    const problem = external?.problems.get(entry.image);
    return problem === undefined
      ? []
      : [{ problem, error: invalid(path.child("image"), entry.image, problem.detail) }];
  });
  if (failed.length === 0) return undefined;
  return {
    reason: "ConfigGenerationFailed",
    errors: failed.map(({ error }) => error),
    warnings: [],
    ...(failed.every(({ problem }) => problem.isTemporary) ? { isUndecided: true } : {}),
  };
}

const resolved = (
  image: string,
  configSource: ResolvedDistribution["configSource"],
  base: Base,
): ResolvedDistribution => ({ image, configSource, configHash: baseHash(base), base });

const baseRequired = (image: string, unread: Unread | undefined): Failure => ({
  reason: "BaseConfigRequired",
  errors: [
    {
      type: "FieldValueRequired",
      path: "spec.overrideConfig",
      detail:
        (unread === undefined
          ? `Required value: image ${image} carries no base configuration to generate from; `
          : `Required value: whether image ${image} carries a base configuration is not known: ${unread.detail}; `) +
        "set spec.overrideConfig, or build the image with the labels io.llamastack.config.*",
    },
  ],
  warnings: [],
  ...(unread?.isTemporary === true ? { isUndecided: true } : {}),
});

const labelsNeeded = (image: string, { detail, isTemporary }: Unread): Failure => ({
  reason: "ConfigGenerationFailed",
  errors: [
    {
      type: "FieldValueInvalid",
      path: "spec.distribution",
      detail: `Invalid value: the base configuration of image ${image} cannot be read again: ${detail}`,
    },
  ],
  warnings: [],
  ...(isTemporary ? { isUndecided: true } : {}),
});
