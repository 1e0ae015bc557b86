/**
 * What images hold, found out once for a digest of a repository. What a tag stands for is asked again after some minutes,
 * each time with the credentials of whoever asks: a registry that tells him the digest, of that very repository, lets him
 * read what it stands for; to know a digest is not enough. A registry that fails leaves what is known.
 */
import { LRUCache } from "lru-cache";
import type { ImageReader, OpenImage } from "../../../cluster/registry/client.ts";
import type { RegistryCredential } from "../../../cluster/registry/credentials.ts";
import { isRegistryError, RegistryError } from "../../../cluster/registry/error.ts";
import type { AccessTo } from "../../../cluster/registry/hosts.ts";
import type { ImageFacts } from "../../../cluster/registry/image.ts";
import type { ImageReference } from "../../../cluster/registry/reference.ts";
import { printReference } from "../../../cluster/registry/reference.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { HostFailures } from "./host-failures.ts";
import { failureDelay } from "./host-failures.ts";

export interface ImageContentsOptions<T> {
  readonly clock: Clock;
  readonly openImage: OpenImage;
  readonly hosts: HostFailures;
  /** Finds in an image what is wanted of it. */
  readonly read: (image: string, facts: ImageFacts, reader: ImageReader) => Promise<T>;
  /** Told of each failure in full; what is known of an image has a coarse reason only. */
  readonly onFailure: (image: string, error: unknown) => void;
}

/** An image, and on whose behalf it is asked for. */
export interface WantedImage {
  readonly image: string;
  readonly reference: ImageReference;
  readonly accessTo: AccessTo;
  readonly namespace: string;
  /** Namespace and account; one is not told what another has found out. */
  readonly asker: string;
}

/** What is known of an image, or why nothing is. */
export type Finding<T> = { readonly found: T } | { readonly unread: string };

/** Finds the credentials to ask with. */
export type Credentials = (image: WantedImage) => Promise<readonly RegistryCredential[]>;

/** How long a tag is believed to stand for the same image. */
const believedMs = 5 * 60_000;
const maxContentChars = 32 * 1024 * 1024;
const maxNames = 20_000;

/** What a name stood for when it was asked last. */
interface Known {
  readonly until: number;
  readonly digest?: string;
  /** Why it could not be asked; what it stood for before may still be known. */
  readonly failure?: string;
  /** In a row. */
  readonly failures: number;
}

const notAsked = "its registry has not been asked yet";

export class ImageContents<T> {
  readonly #options: ImageContentsOptions<T>;
  readonly #names = new LRUCache<string, Known>({ max: maxNames });
  readonly #contents = new LRUCache<string, { readonly value: T }>({
    max: maxNames,
    maxSize: maxContentChars,
    sizeCalculation: ({ value }) => textOf(value).length,
  });
  readonly #asking = new Map<string, Promise<void>>();
  #epoch = 0;

  constructor(options: ImageContentsOptions<T>) {
    this.#options = options;
  }

  /** Forgets what names stand for: it may not be asked for any more. */
  forget(): void {
    this.#names.clear();
    this.#asking.clear();
    this.#epoch += 1;
  }

  /** What is known at this moment, without asking anybody. */
  known(wanted: WantedImage): Finding<T> {
    const { digest, failure } = this.#names.get(nameKey(wanted)) ?? {};
    const content = digest === undefined ? undefined : this.#contents.get(contentKey(wanted, digest));
    if (content !== undefined) return { found: content.value };
    if (failure !== undefined) return { unread: failure };
    const { namespace, reference } = wanted;
    const hasFailed = this.#options.hosts.hasFailed(namespace, reference.registry);
    return { unread: hasFailed ? notReached(wanted).message : notAsked };
  }

  /** Whether nothing is known that could be said, not even a failure. */
  isAwaited(wanted: WantedImage): boolean {
    const finding = this.known(wanted);
    return "unread" in finding && finding.unread === notAsked;
  }

  /** Whether the registry is to be asked, for the first time or again. */
  isDue(wanted: WantedImage): boolean {
    return !this.#isFresh(wanted) && !this.#isDown(wanted);
  }

  /** Asks the registry, if that is still due. Those who ask for the same at the same time share the answer. */
  async ask(wanted: WantedImage, credentials: Credentials, signal: AbortSignal): Promise<void> {
    if (!this.isDue(wanted)) return;
    const key = nameKey(wanted);
    const running = this.#asking.get(key) ?? this.#ask(wanted, credentials, signal);
    this.#asking.set(key, running);
    try {
      await running;
    } finally {
      if (this.#asking.get(key) === running) this.#asking.delete(key);
    }
  }

  #isDown({ namespace, reference }: WantedImage): boolean {
    return this.#options.hosts.isDown(namespace, reference.registry);
  }

  #isFresh(wanted: WantedImage): boolean {
    const known = this.#names.get(nameKey(wanted));
    if (known === undefined || known.until <= this.#options.clock.now().getTime()) return false;
    const { failure, digest } = known;
    return failure !== undefined || (digest !== undefined && this.#contents.has(contentKey(wanted, digest)));
  }

  async #ask(wanted: WantedImage, credentials: Credentials, signal: AbortSignal): Promise<void> {
    const { clock, onFailure } = this.#options;
    const key = nameKey(wanted);
    const epoch = this.#epoch;
    let known: Known;
    try {
      const digest = await this.#find(wanted, await credentials(wanted), signal);
      known = { digest, failures: 0, until: clock.now().getTime() + believedMs };
    } catch (error) {
      onFailure(wanted.image, error);
      const { digest, failures = 0 } = this.#names.get(key) ?? {};
      const isRefused = isRegistryError(error) && !["unreachable", "unavailable"].includes(error.failure);
      known = {
        failure: isRegistryError(error)
          ? error.message
          : `image ${printReference(wanted.reference)}: it could not be asked for`,
        failures: failures + 1,
        until: clock.now().getTime() + failureDelay(failures + 1),
        // An unreachable registry takes nothing back; one that refuses does.
        ...(digest === undefined || isRefused ? {} : { digest }),
      };
      // A turn that is over says nothing about the host: it may have been asked just before.
      if (epoch === this.#epoch && !signal.aborted) this.#blame(wanted, error);
    }
    // What was asked before everything was forgotten is forgotten, too.
    if (epoch === this.#epoch) this.#names.set(key, known);
  }

  /** Reads the image if that has not been done; gives the digest its name stands for. */
  async #find(
    wanted: WantedImage,
    credentials: readonly RegistryCredential[],
    signal: AbortSignal,
  ): Promise<string> {
    const { openImage, read, hosts } = this.#options;
    const { image, reference, accessTo, namespace } = wanted;
    return openImage({ reference, accessTo, credentials, signal }, async (reader) => {
      const digest = await reader.digest();
      hosts.answered(namespace, reference.registry);
      const key = contentKey(wanted, digest);
      if (!this.#contents.has(key)) {
        this.#contents.set(key, { value: await read(image, await reader.facts(digest), reader) });
        if (!this.#contents.has(key)) throw tooLarge(wanted);
      }
      return digest;
    });
  }

  /** What nothing answered for is the host's failure, not the image's. */
  #blame({ namespace, reference }: WantedImage, error: unknown): void {
    if (isRegistryError(error) && error.failure === "unreachable") {
      this.#options.hosts.failed(namespace, reference.registry);
    }
  }
}

/** Something that was read, as text: to be compared and measured. Integers may be larger than JSON.stringify takes. */
export const textOf = (value: unknown): string =>
  JSON.stringify(value ?? null, (_key, each: unknown) => (typeof each === "bigint" ? String(each) : each));

const nameKey = ({ asker, image }: WantedImage): string => `${asker}\n${image}`;

/** A digest alone could be named by anybody who knows it, at a registry of his own. */
const contentKey = ({ reference }: WantedImage, digest: string): string =>
  `${reference.registry}/${reference.repository}@${digest}`;

const notReached = ({ reference }: WantedImage): RegistryError =>
  new RegistryError("unreachable", { image: printReference(reference), detail: "not asked again yet" });

const tooLarge = ({ reference }: WantedImage): RegistryError =>
  new RegistryError("too-large", { image: printReference(reference), detail: "what was read is not kept" });
