/**
 * What images say that configurations are made of: the base configurations that servers' images bring in labels, and what
 * the images of external providers hold. Everybody is told what is known already; for the reconciler registries are asked
 * in the background, where namespaces take turns.
 */
import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { Client } from "../../../cluster/client.ts";
import type { OpenImage } from "../../../cluster/registry/client.ts";
import type { Keyring } from "../../../cluster/registry/credentials.ts";
import { parseImageReference } from "../../../cluster/registry/reference.ts";
import type { Clock } from "../../../machinery/clock.ts";
import { createTurns } from "../../../machinery/queue/turns.ts";
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
import { HostFailures } from "./host-failures.ts";
import type { Credentials, Finding, WantedImage } from "./image-contents.ts";
import { ImageContents, textOf } from "./image-contents.ts";
import { labelledBase } from "./labels.ts";
import { packageOfImage } from "./packages.ts";
import { pullCredentials } from "./pull-secrets.ts";
import type { DistributionSettings } from "./settings.ts";

/** Where the base configurations of distributions come from, beside those that are built in. Nobody waits for a registry. */
export interface BaseSources {
  /** What is known at this moment: for admission. */
  known(distribution: LlamaStackDistribution): Resolution;
  /**
   * The same, and what is not known, or not any more, is asked for in the background; what of it cannot be done without
   * is awaited. `onRead` tells when there is another answer.
   */
  resolve(distribution: LlamaStackDistribution): Resolution;
}

export interface BaseSourcesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly openImage: OpenImage;
  /** As they are now; another object when they have changed. */
  readonly settings: () => DistributionSettings;
  /** Ends what is asked in the background. */
  readonly signal: AbortSignal;
  /** What a distribution stands for has been found out, or is another than before. Must not throw. */
  readonly onRead: (namespace: string, name: string) => void;
  /** Told why an image could not be read, in full. Must not throw. */
  readonly onFailure: (image: string, error: unknown) => void;
}

/** Distributions whose images are asked for at the same time, of one namespace and in all. */
const turnsOfNamespace = 1;
const turnsAtOnce = 4;
/** Images of one distribution that are asked for at the same time. */
const imagesAtOnce = 2;
/** For everything one distribution wants to know; what is left then has to wait for another turn. */
const turnMs = 30_000;

type BaseFinding = Finding<Base | Failure | undefined>;
type PackageFinding = Finding<ProviderPackage | string>;

/** What has to be looked at for a distribution. */
interface Wanted {
  readonly imageOverrides: DistributionSettings["imageOverrides"];
  readonly base?: WantedImage | Unasked;
  readonly packages: ReadonlyMap<string, WantedImage | Unasked>;
}

/** An image and where what it holds is kept. */
interface AskedImage {
  readonly image: WantedImage;
  readonly contents: Pick<ImageContents<unknown>, "ask" | "isAwaited" | "isDue" | "known">;
}

const findings = (images: readonly AskedImage[]): string =>
  textOf(images.map(({ image, contents }) => contents.known(image)));

/** An image that is not asked for, and why. */
interface Unasked {
  readonly unasked: string;
}

export class ImageBases implements BaseSources {
  readonly #options: BaseSourcesOptions;
  readonly #hosts: HostFailures;
  readonly #bases: ImageContents<Base | Failure | undefined>;
  readonly #packages: ImageContents<ProviderPackage | string>;
  readonly #turns = createTurns({ atOnce: turnsAtOnce, ofOneGroup: turnsOfNamespace });
  #settings: DistributionSettings;

  constructor(options: BaseSourcesOptions) {
    this.#options = options;
    this.#settings = options.settings();
    this.#hosts = new HostFailures(options.clock);
    const common = { ...options, hosts: this.#hosts };
    this.#bases = new ImageContents({ ...common, read: labelledBase });
    this.#packages = new ImageContents({ ...common, read: packageOfImage });
  }

  known(distribution: LlamaStackDistribution): Resolution {
    return this.#resolution(distribution, this.#wanted(distribution));
  }

  resolve(distribution: LlamaStackDistribution): Resolution {
    const wanted = this.#wanted(distribution);
    const images = this.#asked(wanted);
    const awaited = images.filter(({ image, contents }) => contents.isAwaited(image));
    // What stops others from going on is asked for first.
    const due = [...awaited, ...images.filter((each) => !awaited.includes(each))].filter(
      ({ image, contents }) => contents.isDue(image),
    );
    const { namespace = "", name = "" } = distribution.metadata;
    if (due.length > 0) {
      // Compared with what is answered now, as it may be found out on behalf of another before the turn comes.
      const before = findings(due);
      this.#turns.add(namespace, `${namespace}/${name}`, () => this.#read(distribution, due, before));
    }
    const resolution = this.#resolution(distribution, wanted);
    return awaited.length === 0
      ? resolution
      : { ...resolution, awaited: awaited.map(({ image }) => image.image) };
  }

  /** Asks for images, one turn long, and tells if that has made a difference or left something to do. */
  async #read(
    distribution: LlamaStackDistribution,
    due: readonly AskedImage[],
    before: string,
  ): Promise<void> {
    const { clock, signal: ended, onRead } = this.#options;
    const over = new AbortController();
    const cancel = clock.setTimeout(() => {
      over.abort();
    }, turnMs);
    const signal = AbortSignal.any([over.signal, ended]);
    const credentials = this.#credentials(distribution);
    const rest = [...due];
    const work = async (): Promise<void> => {
      for (let next = rest.shift(); next !== undefined && !signal.aborted; next = rest.shift()) {
        await next.contents.ask(next.image, credentials, signal);
      }
    };
    await Promise.all(Array.from({ length: imagesAtOnce }, work));
    cancel();
    if (ended.aborted) return;
    const isUnfinished = due.some(({ image, contents }) => contents.isDue(image));
    const { namespace = "", name = "" } = distribution.metadata;
    if (before !== findings(due) || isUnfinished) onRead(namespace, name);
  }

  #asked({ base, packages }: Wanted): readonly AskedImage[] {
    const images: AskedImage[] = [];
    if (base !== undefined && !("unasked" in base)) images.push({ image: base, contents: this.#bases });
    for (const image of packages.values()) {
      if (!("unasked" in image)) images.push({ image, contents: this.#packages });
    }
    return images;
  }

  #resolution(distribution: LlamaStackDistribution, wanted: Wanted): Resolution {
    const packages = new Map<string, PackageFinding | Unasked>();
    for (const [image, asked] of wanted.packages) {
      packages.set(image, "unasked" in asked ? asked : this.#packages.known(asked));
    }
    const { base } = wanted;
    const found = base === undefined || "unasked" in base ? base : this.#bases.known(base);
    return resolution(distribution, wanted, { base: found, packages });
  }

  #wanted(distribution: LlamaStackDistribution): Wanted {
    const current = this.#options.settings();
    if (current !== this.#settings) {
      // What was allowed may not be any more.
      this.#bases.forget();
      this.#packages.forget();
      this.#hosts.forget();
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
    const { accessOf, accessTo } = this.#settings;
    if (accessOf(reference.registry) === undefined) {
      return { unasked: `registry ${reference.registry} is not one of those that are asked` };
    }
    const { namespace = "" } = distribution.metadata;
    const asker = `${namespace}/${serviceAccountNameOf(distribution)}`;
    return { image, reference, accessTo, namespace, asker };
  }

  /** The pull secrets are read once a turn, and not kept beyond it. */
  #credentials(distribution: LlamaStackDistribution): Credentials {
    let keyring: Promise<Keyring> | undefined;
    return async ({ reference }) => {
      if (!this.#settings.usesPullSecrets) return [];
      keyring ??= pullCredentials(this.#options.client, {
        namespace: distribution.metadata.namespace ?? "",
        serviceAccount: serviceAccountNameOf(distribution),
      });
      return (await keyring).find(reference);
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
