/**
 * What images hold, found out once per digest. What a tag stands for is asked again after some minutes, each time with the
 * credentials of whoever asks, so that nobody is told what he may not read. A registry that fails leaves what is known.
 */
import { LRUCache } from "lru-cache";
import type { ImageReader, OpenImage } from "../../../cluster/registry/client.ts";
import type { RegistryCredential } from "../../../cluster/registry/credentials.ts";
import { isRegistryError } from "../../../cluster/registry/error.ts";
import type { ImageFacts } from "../../../cluster/registry/image.ts";
import type { ImageReference } from "../../../cluster/registry/reference.ts";
import type { RegistryAccess } from "../../../cluster/registry/session.ts";
import type { Clock } from "../../../machinery/clock.ts";

export interface ImageContentsOptions<T> {
  readonly clock: Clock;
  readonly openImage: OpenImage;
  /** Finds in an image what is wanted of it. */
  readonly read: (image: string, facts: ImageFacts, reader: ImageReader) => Promise<T>;
}

/** An image, and on whose behalf it is asked for. */
export interface WantedImage {
  readonly image: string;
  readonly reference: ImageReference;
  readonly access: RegistryAccess;
  /** Namespace and account; one is not told what another has found out. */
  readonly asker: string;
}

/** What is known of an image, or why nothing is. */
export type Finding<T> = { readonly found: T } | { readonly unread: string };

/** How long a tag is believed to stand for the same image, and a registry to be out of order. */
const believedMs = 5 * 60_000;
const failedMs = 30_000;
const maxContents = 64;
const maxNames = 4096;

/** What a name stood for when it was asked last. */
interface Known {
  readonly until: number;
  readonly digest?: string;
  /** Why it could not be asked; what it stood for before may still be known. */
  readonly failure?: string;
}

const notAsked = "its registry has not been asked yet";

export class ImageContents<T> {
  readonly #options: ImageContentsOptions<T>;
  readonly #names = new LRUCache<string, Known>({ max: maxNames });
  readonly #contents = new LRUCache<string, { readonly value: T }>({ max: maxContents });
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
    const { digest, failure = notAsked } = this.#names.get(keyOf(wanted)) ?? {};
    const content = digest === undefined ? undefined : this.#contents.get(digest);
    return content === undefined ? { unread: failure } : { found: content.value };
  }

  /** Asks the registry where that is needed. Those who ask for the same at the same time share the answer. */
  async find(
    wanted: WantedImage,
    credentials: () => Promise<readonly RegistryCredential[]>,
  ): Promise<Finding<T>> {
    const key = keyOf(wanted);
    if (!this.#isFresh(key)) {
      const running = this.#asking.get(key) ?? this.#ask(wanted, credentials);
      this.#asking.set(key, running);
      try {
        await running;
      } finally {
        if (this.#asking.get(key) === running) this.#asking.delete(key);
      }
    }
    return this.known(wanted);
  }

  #isFresh(key: string): boolean {
    const known = this.#names.get(key);
    if (known === undefined || known.until <= this.#options.clock.now().getTime()) return false;
    return known.failure !== undefined || (known.digest !== undefined && this.#contents.has(known.digest));
  }

  async #ask(wanted: WantedImage, credentials: () => Promise<readonly RegistryCredential[]>): Promise<void> {
    const { clock, openImage, read } = this.#options;
    const { image, reference, access } = wanted;
    const key = keyOf(wanted);
    const epoch = this.#epoch;
    let known: Known;
    try {
      const shown = await credentials();
      const digest = await openImage({ reference, access, credentials: shown }, async (reader) => {
        const found = await reader.digest();
        if (!this.#contents.has(found)) {
          this.#contents.set(found, { value: await read(image, await reader.facts(found), reader) });
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
    // What was asked before everything was forgotten is forgotten, too.
    if (epoch === this.#epoch) this.#names.set(key, known);
  }
}

const keyOf = ({ asker, image }: WantedImage): string => `${asker}\n${image}`;
