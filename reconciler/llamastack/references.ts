/**
 * What a distribution refers to in its cluster, as facts for the renderer. ConfigMaps are followed by their metadata and
 * read when they have changed; of Secrets nothing but their existence is ever asked for.
 */
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { isApiError } from "../../api/errors/api-error.ts";
import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import type { Client } from "../../cluster/client.ts";
import type { Informer } from "../../cluster/informer.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { notFoundValue, required } from "../../machinery/field/error.ts";
import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import { defaultBundleKeys, readCaBundle } from "../../transformers/llamastack/ca-bundle.ts";
import type { SecretUse } from "../../transformers/llamastack/config/result.ts";
import type { RenderFacts } from "../../transformers/llamastack/render/facts.ts";
import { configMaps, secrets } from "./names.ts";

/** What was found, and what is wrong with it. */
export interface FoundFacts {
  readonly facts: RenderFacts;
  readonly errors: readonly FieldError[];
}

export interface References {
  /** The facts of the ConfigMaps a distribution refers to. Throws when one cannot be read. */
  facts(distribution: LlamaStackDistribution): Promise<FoundFacts>;
  /** Those of the Secrets that do not exist; unless `fresh`, one that was there shortly ago is taken to be there still. */
  missing(
    namespace: string,
    uses: readonly SecretUse[],
    options: { readonly fresh: boolean },
  ): Promise<readonly SecretUse[]>;
}

export interface ReferencesOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** The metadata of every ConfigMap. */
  readonly configMaps: Informer;
  /** Facts that are the same for all, as they are now. */
  readonly common: () => RenderFacts;
}

/** How long a Secret that was there is not asked for again. */
const secretKnownMs = 30_000;

/** `namespace/name` of each ConfigMap of the user's that a distribution refers to. */
export function configMapsOf({ metadata, spec }: LlamaStackDistribution): readonly string[] {
  const { namespace = "" } = metadata;
  const bundle = spec.networking?.tls?.caBundle;
  return [
    ...(spec.overrideConfig === undefined ? [] : [`${namespace}/${spec.overrideConfig.configMapName}`]),
    ...(bundle === undefined ? [] : [`${bundle.configMapNamespace ?? namespace}/${bundle.configMapName}`]),
  ];
}

export function createReferences(options: ReferencesOptions): References {
  return new ClusterReferences(options);
}

/** What the renderer needs of a ConfigMap; contents themselves are not kept. */
type Digest = { readonly pem: string; readonly errors: readonly FieldError[] } | { readonly hash: string };

/** A bundle of certificates may have a million. */
const maxDigestChars = 16 * 1024 * 1024;

/** About how many characters it has: errors quote a little of what they are about. */
const lengthOf = (digest: Digest): number =>
  "hash" in digest ? digest.hash.length : digest.pem.length + 1024 * digest.errors.length;

class ClusterReferences implements References {
  readonly #options: ReferencesOptions;
  readonly #digests = new LRUCache<string, Digest>({
    max: 1000,
    maxSize: maxDigestChars,
    sizeCalculation: (digest, key) => key.length + lengthOf(digest),
  });
  /** When a Secret was last seen. */
  readonly #seen = new LRUCache<string, number>({ max: 10_000 });

  constructor(options: ReferencesOptions) {
    this.#options = options;
  }

  async facts({ metadata, spec }: LlamaStackDistribution): Promise<FoundFacts> {
    const { namespace = "" } = metadata;
    const errors: FieldError[] = [];
    let facts: RenderFacts = this.#options.common();
    if (spec.overrideConfig !== undefined) {
      const path = "spec.overrideConfig.configMapName";
      const ref = { namespace, name: spec.overrideConfig.configMapName };
      const digest = await this.#digest(ref, path, (data) => {
        if (Object.hasOwn(data, "config.yaml")) return { hash: contentHash(data) };
        const why = `ConfigMap ${JSON.stringify(ref.name)} has no key config.yaml`;
        return { pem: "", errors: [required(path, why)] };
      });
      if ("hash" in digest) facts = { ...facts, overrideConfigHash: digest.hash };
      else errors.push(...digest.errors);
    }
    const bundle = spec.networking?.tls?.caBundle;
    if (bundle !== undefined) {
      const path = "spec.networking.tls.caBundle";
      const ref = { namespace: bundle.configMapNamespace ?? namespace, name: bundle.configMapName };
      const keys = bundle.configMapKeys ?? defaultBundleKeys;
      const what = `${path}.configMapName`;
      const digest = await this.#digest(ref, what, (data) => readCaBundle(data, keys, path), keys);
      if ("pem" in digest && digest.errors.length === 0) facts = { ...facts, caBundle: digest.pem };
      else if ("errors" in digest) errors.push(...digest.errors);
    }
    return { facts, errors };
  }

  async missing(
    namespace: string,
    uses: readonly SecretUse[],
    { fresh }: { readonly fresh: boolean },
  ): Promise<readonly SecretUse[]> {
    if (fresh) for (const { name } of uses) this.#seen.delete(`${namespace}/${name}`);
    const names = [...new Set(uses.map(({ name }) => name))];
    const found = await Promise.all(names.map((name) => this.#secretExists(namespace, name)));
    const absent = new Set(names.filter((_name, i) => found[i] === false));
    return uses.filter(({ name }) => absent.has(name));
  }

  async #digest(
    ref: { readonly namespace: string; readonly name: string },
    path: string,
    read: (data: JsonObject) => Digest,
    variant: readonly string[] = [],
  ): Promise<Digest> {
    const known = this.#options.configMaps.get(ref.namespace, ref.name);
    // Its arrival is an event of its own.
    if (known === undefined) return absent(path, ref.name);
    const version = JSON.stringify([known.metadata.uid, known.metadata.resourceVersion, path, variant]);
    const kept = this.#digests.get(version);
    if (kept !== undefined) return kept;
    const object = await this.#options.client.get(configMaps, ref).catch(ignoreAbsent);
    if (object === undefined) return absent(path, ref.name);
    const digest = read(dataOf(object));
    if (object.metadata.resourceVersion === known.metadata.resourceVersion)
      this.#digests.set(version, digest);
    return digest;
  }

  async #secretExists(namespace: string, name: string): Promise<boolean> {
    const { client, clock } = this.#options;
    const key = `${namespace}/${name}`;
    const now = clock.now().getTime();
    const seen = this.#seen.get(key);
    if (seen !== undefined && now - seen < secretKnownMs) return true;
    const found = await client.getMetadata(secrets, { namespace, name }).catch(ignoreAbsent);
    if (found === undefined) this.#seen.delete(key);
    else this.#seen.set(key, now);
    return found !== undefined;
  }
}

const absent = (path: string, name: string): Digest => ({
  pem: "",
  errors: [notFoundValue(path, name, "create the ConfigMap, or name another")],
});

/** `data` and `binaryData` in one; Kubernetes keeps their keys apart. */
function dataOf(object: KubeObject): JsonObject {
  const part = (name: string): JsonObject => {
    const found = getPath(asJson(object), name);
    return isObject(found) ? found : {};
  };
  return Object.assign(Object.create(null) as JsonObject, part("binaryData"), part("data"));
}

const contentHash = (data: JsonObject): string =>
  `sha256:${createHash("sha256").update(encodeJson(data)).digest("hex")}`;

function ignoreAbsent(error: unknown): undefined {
  if (!isApiError(error) || error.code !== 404) throw error;
  return undefined;
}
