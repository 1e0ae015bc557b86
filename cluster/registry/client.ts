/**
 * Images of registries, read without a container runtime: which digest a name stands for, the labels of an image and
 * single files of its layers. Only HTTPS unless a registry is configured otherwise; everything about one image has one
 * time limit, and one connection pool that ends with it.
 */
import type { Clock } from "../../machinery/clock.ts";
import type { RegistryCredential } from "./credentials.ts";
import type { ImageFacts, LayerReference } from "./image.ts";
import { digestOf, readImage, readLayerFile } from "./image.ts";
import type { ImageReference } from "./reference.ts";
import type { RegistryAccess } from "./session.ts";
import { RegistrySession } from "./session.ts";

/** What can be asked about one image. Every call throws RegistryError when it is not answered. */
export interface ImageReader {
  /** The digest the name stands for now; asked in any case, so that an answer proves the right to read. */
  digest(): Promise<string>;
  facts(digest: string): Promise<ImageFacts>;
  /** The bytes of a file of a layer; undefined when it is not there as a regular file within the limits. */
  layerFile(layer: LayerReference, path: string, maxBytes: number): Promise<Buffer | undefined>;
}

export interface ReadOptions {
  readonly reference: ImageReference;
  readonly access: RegistryAccess;
  readonly credentials: readonly RegistryCredential[];
}

/** Opens an image for the time of one function. */
export type OpenImage = <T>(options: ReadOptions, read: (image: ImageReader) => Promise<T>) => Promise<T>;

export interface RegistryClientOptions {
  readonly clock: Clock;
  readonly userAgent: string;
  /** For everything that is asked about one image. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 30_000;

/** A client without state: nothing is kept between two images. */
export function registryClient(options: RegistryClientOptions): OpenImage {
  const { clock, userAgent, timeoutMs = defaultTimeoutMs } = options;
  return async (asked, read) => {
    const { reference } = asked;
    const end = new AbortController();
    const cancel = clock.setTimeout(() => {
      end.abort();
    }, timeoutMs);
    const session = new RegistrySession({ ...asked, signal: end.signal, userAgent });
    try {
      return await read({
        digest: () => digestOf(session, reference),
        facts: (digest) => readImage(session, reference, digest),
        layerFile: (layer, path, maxBytes) => readLayerFile(session, { layer, path, maxBytes }),
      });
    } finally {
      cancel();
      await session.close();
    }
  };
}
