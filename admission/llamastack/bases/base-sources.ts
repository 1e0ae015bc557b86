/**
 * What images say that configurations are made of: the base configurations that servers' images bring in labels, and what
 * the images of external providers hold. Whoever answers a request is told what is known already; only the reconciler
 * waits for a registry.
 */
import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { Client } from "../../../cluster/client.ts";
import type { OpenImage } from "../../../cluster/registry/client.ts";
import type { RegistryCredential } from "../../../cluster/registry/credentials.ts";
import { parseImageReference } from "../../../cluster/registry/reference.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { Base } from "../../../transformers/llamastack/config/base.ts";
import { givenExternals } from "../../../transformers/llamastack/config/external.ts";
import type { ProviderPackage } from "../../../transformers/llamastack/config/provider-package.ts";
import type { Failure } from "../../../transformers/llamastack/config/result.ts";
import { isFailure } from "../../../transformers/llamastack/config/result.ts";
import { resolveImage } from "../../../transformers/llamastack/distributions/image.ts";
import { distributionOf } from "../../../transformers/llamastack/distributions/registry.ts";
import { serviceAccountNameOf } from "../../../transformers/llamastack/render/service-account.ts";
import type { ExternalImages, Resolution } from "../../../transformers/llamastack/resolve.ts";
import { configSource } from "../../../transformers/llamastack/source.ts";
import type { Finding, WantedImage } from "./image-contents.ts";
import { ImageContents } from "./image-contents.ts";
import { labelledBase } from "./labels.ts";
import { packageOfImage } from "./packages.ts";
import { pullCredentials } from "./pull-secrets.ts";
import type { DistributionSettings } from "./settings.ts";

/** Where the base configurations of distributions come from, beside those that are built in. */
export interface BaseSources {
  /** What is known at this moment, without asking anybody: for admission. */
  known(distribution: LlamaStackDistribution): Resolution;
  /** Asks registries where that is needed; one that fails shows in the answer and throws nothing. */
  resolve(distribution: LlamaStackDistribution): Promise<Resolution>;
}

export interface BaseSourcesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly openImage: OpenImage;
  /** As they are now; another object when they have changed. */
  readonly settings: () => DistributionSettings;
}

type BaseFinding = Finding<Base | Failure | undefined>;
type PackageFinding = Finding<ProviderPackage | string>;

/** What has to be looked at for a distribution. */
interface Wanted {
  readonly imageOverrides: DistributionSettings["imageOverrides"];
  readonly base?: WantedImage | Unasked;
  readonly packages: ReadonlyMap<string, WantedImage | Unasked>;
}

/** An image that is not asked for, and why. */
interface Unasked {
  readonly unasked: string;
}

export class ImageBases implements BaseSources {
  readonly #options: BaseSourcesOptions;
  readonly #bases: ImageContents<Base | Failure | undefined>;
  readonly #packages: ImageContents<ProviderPackage | string>;
  #settings: DistributionSettings;

  constructor(options: BaseSourcesOptions) {
    this.#options = options;
    this.#settings = options.settings();
    this.#bases = new ImageContents({ ...options, read: labelledBase });
    this.#packages = new ImageContents({ ...options, read: packageOfImage });
  }

  known(distribution: LlamaStackDistribution): Resolution {
    const wanted = this.#wanted(distribution);
    const packages = new Map<string, PackageFinding | Unasked>();
    for (const [image, asked] of wanted.packages) {
      packages.set(image, "unasked" in asked ? asked : this.#packages.known(asked));
    }
    const { base } = wanted;
    const found = base === undefined || "unasked" in base ? base : this.#bases.known(base);
    return resolution(distribution, wanted, { base: found, packages });
  }

  async resolve(distribution: LlamaStackDistribution): Promise<Resolution> {
    const wanted = this.#wanted(distribution);
    const packages = new Map<string, PackageFinding | Unasked>();
    for (const [image, asked] of wanted.packages) {
      const credentials = this.#credentials(distribution, asked);
      packages.set(image, "unasked" in asked ? asked : await this.#packages.find(asked, credentials));
    }
    const { base } = wanted;
    const found =
      base === undefined || "unasked" in base
        ? base
        : await this.#bases.find(base, this.#credentials(distribution, base));
    return resolution(distribution, wanted, { base: found, packages });
  }

  #wanted(distribution: LlamaStackDistribution): Wanted {
    const current = this.#options.settings();
    if (current !== this.#settings) {
      // What was allowed may not be any more.
      this.#bases.forget();
      this.#packages.forget();
      this.#settings = current;
    }
    const { imageOverrides } = current;
    const { spec } = distribution;
    const image = resolveImage(spec.distribution, imageOverrides);
    if (image === undefined || configSource(spec) !== "Generated")
      return { imageOverrides, packages: new Map() };
    const externals = givenExternals(spec).map(({ entry }) => entry.image);
    // The images of the table belong to their configurations, which are built in.
    const own = distributionOf(spec.distribution.name ?? "")?.image;
    const isBuiltIn = spec.distribution.image === undefined && image === own;
    return {
      imageOverrides,
      ...(isBuiltIn ? {} : { base: this.#image(distribution, image) }),
      packages: new Map(externals.map((name) => [name, this.#image(distribution, name)])),
    };
  }

  #image(distribution: LlamaStackDistribution, image: string): WantedImage | Unasked {
    const reference = parseImageReference(image);
    if (reference === undefined) return { unasked: `${JSON.stringify(image)} is no image reference` };
    const access = this.#settings.accessOf(reference.registry);
    if (access === undefined) {
      return { unasked: `registry ${reference.registry} is not one of those that are asked` };
    }
    const asker = `${distribution.metadata.namespace ?? ""}/${serviceAccountNameOf(distribution)}`;
    return { image, reference, access, asker };
  }

  #credentials(distribution: LlamaStackDistribution, image: WantedImage | Unasked) {
    return async (): Promise<readonly RegistryCredential[]> => {
      if ("unasked" in image || !this.#settings.usesPullSecrets) return [];
      const keyring = await pullCredentials(this.#options.client, {
        namespace: distribution.metadata.namespace ?? "",
        serviceAccount: serviceAccountNameOf(distribution),
      });
      return keyring.find(image.reference);
    };
  }
}

/** What was found, as the renderer is told. */
function resolution(
  distribution: LlamaStackDistribution,
  { imageOverrides }: Wanted,
  {
    base,
    packages,
  }: {
    readonly base: BaseFinding | Unasked | undefined;
    readonly packages: ReadonlyMap<string, PackageFinding | Unasked>;
  },
): Resolution {
  return {
    imageOverrides,
    ...(packages.size === 0 ? {} : { external: externalImages(packages) }),
    ...(base === undefined ? {} : baseResolution(distribution, imageOverrides, base)),
  };
}

function baseResolution(
  { spec, status }: LlamaStackDistribution,
  imageOverrides: DistributionSettings["imageOverrides"],
  base: BaseFinding | Unasked,
): Pick<Resolution, "labelled" | "broken" | "unread"> {
  if ("unasked" in base) {
    return { unread: { detail: base.unasked, isTemporary: false, isNeeded: false } };
  }
  if ("unread" in base) {
    const before = status?.resolvedDistribution;
    const image = resolveImage(spec.distribution, imageOverrides);
    // What has run with its image's own configuration must not get another one because a registry is away.
    const isNeeded = before?.configSource === "oci-label" && before.image === image;
    return { unread: { detail: base.unread, isTemporary: true, isNeeded } };
  }
  const { found } = base;
  if (found === undefined) return {};
  return isFailure(found) ? { broken: found } : { labelled: found };
}

function externalImages(findings: ReadonlyMap<string, PackageFinding | Unasked>): ExternalImages {
  const packages = new Map<string, ProviderPackage>();
  const problems = new Map<string, { readonly detail: string; readonly isTemporary: boolean }>();
  for (const [image, finding] of findings) {
    if ("unasked" in finding) problems.set(image, { detail: finding.unasked, isTemporary: false });
    else if ("unread" in finding) problems.set(image, { detail: finding.unread, isTemporary: true });
    else if (typeof finding.found === "string")
      problems.set(image, { detail: finding.found, isTemporary: false });
    else packages.set(image, finding.found);
  }
  return { packages, problems };
}
