/**
 * Base configurations of images: those that images bring in labels, read from their registries. Whoever answers a
 * request is told what is known already; only the reconciler waits for a registry. A base is kept by the digest of its
 * image; what a tag stands for is asked again after some minutes, with the credentials of the namespace that asks, so
 * that nobody is told what he may not read.
 */
import { LRUCache } from "lru-cache";
import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { Client } from "../../../cluster/client.ts";
import type { OpenImage } from "../../../cluster/registry/client.ts";
import type { RegistryCredential } from "../../../cluster/registry/credentials.ts";
import { isRegistryError } from "../../../cluster/registry/error.ts";
import type { ImageReference } from "../../../cluster/registry/reference.ts";
import { parseImageReference } from "../../../cluster/registry/reference.ts";
import type { RegistryAccess } from "../../../cluster/registry/session.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { Base } from "../../../transformers/llamastack/config/base.ts";
import type { Failure } from "../../../transformers/llamastack/config/result.ts";
import { isFailure } from "../../../transformers/llamastack/config/result.ts";
import { resolveImage } from "../../../transformers/llamastack/distributions/image.ts";
import { distributionOf } from "../../../transformers/llamastack/distributions/registry.ts";
import { serviceAccountNameOf } from "../../../transformers/llamastack/render/service-account.ts";
import type { Resolution } from "../../../transformers/llamastack/resolve.ts";
import { configSource } from "../../../transformers/llamastack/source.ts";
import { labelledBase } from "./labels.ts";
import { pullCredentials } from "./pull-secrets.ts";
import type { DistributionSettings } from "./settings.ts";

/** Where the base configurations of distributions come from, beside those that are built in. */
export interface BaseSources {
  /** What is known at this moment, without asking anybody: for admission. */
  known(distribution: LlamaStackDistribution): Resolution;
  /** Asks the image's registry where that is needed; a registry that fails shows in the answer and throws nothing. */
  resolve(distribution: LlamaStackDistribution): Promise<Resolution>;
}

export interface BaseSourcesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly openImage: OpenImage;
  /** As they are now; another object when they have changed. */
  readonly settings: () => DistributionSettings;
}

/** How long a tag is believed to stand for the same image, and a registry to be out of order. */
const believedMs = 5 * 60_000;
const failedMs = 30_000;
const maxBases = 64;
const maxNames = 4096;

/** What a name stood for when it was asked last. */
interface Known {
  readonly until: number;
  readonly digest?: string;
  /** Why it could not be asked; what it stood for before may still be known. */
  readonly failure?: string;
}

interface Content {
  readonly base: Base | Failure | undefined;
}

/** An image that has to be looked at. */
interface Wanted {
  readonly key: string;
  readonly image: string;
  readonly reference: ImageReference;
  readonly access: RegistryAccess;
}

const notAsked = "its registry has not been asked yet";

export class ImageBases implements BaseSources {
  readonly #options: BaseSourcesOptions;
  readonly #names = new LRUCache<string, Known>({ max: maxNames });
  readonly #contents = new LRUCache<string, Content>({ max: maxBases });
  readonly #asking = new Map<string, Promise<void>>();
  #settings: DistributionSettings | undefined;

  constructor(options: BaseSourcesOptions) {
    this.#options = options;
  }

  known(distribution: LlamaStackDistribution): Resolution {
    const wanted = this.#wanted(distribution);
    return "key" in wanted ? this.#resolution(distribution, wanted) : wanted;
  }

  async resolve(distribution: LlamaStackDistribution): Promise<Resolution> {
    const wanted = this.#wanted(distribution);
    if (!("key" in wanted)) return wanted;
    if (!this.#isFresh(wanted.key)) await this.#askOnce(distribution, wanted);
    return this.#resolution(distribution, wanted);
  }

  /** What has to be looked at, or what is so without looking. */
  #wanted(distribution: LlamaStackDistribution): Wanted | Resolution {
    const { settings } = this.#options;
    const current = settings();
    if (current !== this.#settings) {
      // What was allowed may not be any more.
      this.#names.clear();
      this.#settings = current;
    }
    const { imageOverrides } = current;
    const { spec, metadata } = distribution;
    const image = resolveImage(spec.distribution, imageOverrides);
    // The images of the table belong to their configurations, which are built in.
    const own = distributionOf(spec.distribution.name ?? "")?.image;
    if (image === undefined || configSource(spec) !== "Generated") return { imageOverrides };
    if (spec.distribution.image === undefined && image === own) return { imageOverrides };
    const reference = parseImageReference(image);
    if (reference === undefined) return { imageOverrides };
    const access = current.accessOf(reference.registry);
    if (access === undefined) {
      const detail = `registry ${reference.registry} is not one of those that are asked`;
      return { imageOverrides, unread: { detail, isTemporary: false, isNeeded: false } };
    }
    const key = [metadata.namespace ?? "", serviceAccountNameOf(distribution), image].join("\n");
    return { key, image, reference, access };
  }

  #isFresh(key: string): boolean {
    const known = this.#names.get(key);
    if (known === undefined || known.until <= this.#options.clock.now().getTime()) return false;
    return known.failure !== undefined || (known.digest !== undefined && this.#contents.has(known.digest));
  }

  #resolution(distribution: LlamaStackDistribution, { key, image }: Wanted): Resolution {
    const { imageOverrides } = this.#settings ?? this.#options.settings();
    const { digest, failure = notAsked } = this.#names.get(key) ?? {};
    const content = digest === undefined ? undefined : this.#contents.get(digest);
    if (content === undefined) {
      const before = distribution.status?.resolvedDistribution;
      // What has run with its image's own configuration must not get another one because a registry is away.
      const isNeeded = before?.configSource === "oci-label" && before.image === image;
      return { imageOverrides, unread: { detail: failure, isTemporary: true, isNeeded } };
    }
    const { base } = content;
    if (base === undefined) return { imageOverrides };
    return isFailure(base) ? { imageOverrides, broken: base } : { imageOverrides, labelled: base };
  }

  /** Those who ask for the same at the same time share the answer. */
  async #askOnce(distribution: LlamaStackDistribution, wanted: Wanted): Promise<void> {
    const { key } = wanted;
    const running = this.#asking.get(key) ?? this.#ask(distribution, wanted);
    this.#asking.set(key, running);
    try {
      await running;
    } finally {
      if (this.#asking.get(key) === running) this.#asking.delete(key);
    }
  }

  async #ask(distribution: LlamaStackDistribution, wanted: Wanted): Promise<void> {
    const { clock, openImage } = this.#options;
    const { key, image, reference, access } = wanted;
    const asked = this.#settings;
    let known: Known;
    try {
      const credentials = await this.#credentials(distribution, reference);
      const digest = await openImage({ reference, access, credentials }, async (reader) => {
        const found = await reader.digest();
        if (this.#contents.get(found) === undefined) {
          const base = await labelledBase(image, await reader.facts(found), reader);
          this.#contents.set(found, { base });
        }
        return found;
      });
      known = { digest, until: clock.now().getTime() + believedMs };
    } catch (error) {
      if (!isRegistryError(error)) throw error;
      const { digest } = this.#names.get(key) ?? {};
      known = {
        failure: error.message,
        until: clock.now().getTime() + failedMs,
        // An unreachable registry takes nothing back; one that refuses does.
        ...(digest === undefined || error.failure !== "unavailable" ? {} : { digest }),
      };
    }
    if (this.#settings === asked) this.#names.set(key, known);
  }

  async #credentials(
    distribution: LlamaStackDistribution,
    reference: ImageReference,
  ): Promise<readonly RegistryCredential[]> {
    if (this.#settings?.usesPullSecrets !== true) return [];
    const keyring = await pullCredentials(this.#options.client, {
      namespace: distribution.metadata.namespace ?? "",
      serviceAccount: serviceAccountNameOf(distribution),
    });
    return keyring.find(reference);
  }
}
