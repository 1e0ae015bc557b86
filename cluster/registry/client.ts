/**
 * Images of registries, read without a container runtime: which digest a name stands for, the labels of an image and
 * single files of its layers. Only HTTPS and public addresses unless a registry is listed; everything about one image has
 * one time limit, and one connection pool that ends with it.
 */
import type { Clock } from "../../machinery/clock.ts";
import type { RegistryCredential } from "./credentials.ts";
import type { ImageFacts, LayerReference } from "./image.ts";
import { digestOf, readImage, readLayerFile } from "./image.ts";
import type { ImageReference } from "./reference.ts";
import type { AccessTo, ResolveHost } from "./hosts.ts";
import { resolveHost } from "./hosts.ts";
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
  readonly accessTo: AccessTo;
  readonly credentials: readonly RegistryCredential[];
  /** Ends it earlier than the client's own time limit. */
  readonly signal?: AbortSignal;
}

/** Opens an image for the time of one function. */
export type OpenImage = <T>(options: ReadOptions, read: (image: ImageReader) => Promise<T>) => Promise<T>;

export interface RegistryClientOptions {
  readonly clock: Clock;
  readonly userAgent: string;
  /** For everything that is asked about one image. */
  readonly timeoutMs?: number;
  /** Finds addresses; the system's, and its name servers, when absent. */
  readonly resolve?: ResolveHost;
}

const defaultTimeoutMs = 20_000;

/** A client without state: nothing is kept between two images. */
export function registryClient(options: RegistryClientOptions): OpenImage {
  const { clock, userAgent, timeoutMs = defaultTimeoutMs, resolve = resolveHost } = options;
  return async (asked, read) => {
    const { reference } = asked;
    const end = new AbortController();
    const cancel = clock.setTimeout(() => {
      end.abort();
    }, timeoutMs);
    const signal = asked.signal === undefined ? end.signal : AbortSignal.any([end.signal, asked.signal]);
    const session = new RegistrySession({ ...asked, resolve, signal, userAgent });
    try {
      return await read({
        digest: () => digestOf(session, reference),
        facts: (digest) => readImage(session, digest),
        layerFile: (layer, path, maxBytes) => readLayerFile(session, { layer, path, maxBytes }),
      });
    } finally {
      cancel();
      await session.close();
    }
  };
}
