import { notFound } from "../../api/errors/catalogue.ts";
import type { KubeObject, ObjectMeta } from "../../api/meta/types.ts";
import type { ApplyOptions, Client, ObjectRef, ResourceRef } from "../../cluster/client.ts";

export interface HostOptions {
  /** `secrets/hf`: what exists in the namespace. */
  readonly has?: readonly string[];
  /** The keys of what exists, by `secrets/hf`; nothing else can be read whole. */
  readonly keys?: Readonly<Record<string, readonly string[]>>;
  /** Metadata of what exists of the rendered kinds, by `deployments/m`. */
  readonly stored?: Readonly<Record<string, ObjectMeta>>;
  /** Kinds that are not served. */
  readonly lacks?: readonly string[];
  /** Kinds that were served when they were looked for first, and are not any more. */
  readonly removed?: readonly string[];
  /** Answers a dry run; throwing refuses it. */
  readonly judge?: (object: KubeObject) => readonly string[];
  /** Answers every lookup, instead of what `has` says. */
  readonly lookup?: () => never;
}

/** A host cluster as far as admission asks it: lookups of metadata and dry-run applies, which it notes down. */
export class Host {
  readonly lookups: string[] = [];
  /** What was read whole. */
  readonly reads: string[] = [];
  readonly applied: { readonly object: KubeObject; readonly options: ApplyOptions }[] = [];
  readonly #options: HostOptions;

  constructor(options: HostOptions = {}) {
    this.#options = options;
  }

  /** As the client admission is given. */
  get client(): Client {
    const unused = (): never => {
      throw new Error("admission only reads and dry-runs");
    };
    return {
      get: async (resource, ref) => this.#read(resource, ref),
      list: unused,
      watch: unused,
      create: unused,
      update: unused,
      mergePatch: unused,
      delete: unused,
      getRaw: unused,
      getMetadata: async (resource, ref) => this.#lookup(resource, ref),
      apply: async ({ resource }, object, options) => {
        this.applied.push({ object, options });
        if (this.#isRemoved(object.kind)) throw notFound({ group: "", resource: "page" }, "");
        const warnings = this.#options.judge?.(object) ?? [];
        const live = this.#options.stored?.[`${resource}/${object.metadata.name ?? ""}`];
        return { object: live === undefined ? object : merged(object, live), warnings };
      },
      resolve: async (apiVersion, kind, { fresh = false } = {}) =>
        fresh && this.#isRemoved(kind) ? undefined : this.#resolve(apiVersion, kind),
    };
  }

  #lookup({ resource }: ResourceRef, { name }: ObjectRef): KubeObject {
    this.lookups.push(`${resource}/${name}`);
    this.#options.lookup?.();
    const live = this.#options.stored?.[`${resource}/${name}`];
    if (live !== undefined) {
      return { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata", metadata: { name, ...live } };
    }
    const isThere = (this.#options.has ?? []).concat(Object.keys(this.#options.keys ?? {}));
    if (!isThere.includes(`${resource}/${name}`)) throw notFound({ group: "", resource }, name);
    return { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata", metadata: { name } };
  }

  #read({ resource, kind }: ResourceRef, { name, namespace }: ObjectRef): KubeObject {
    this.reads.push(`${resource}/${name}`);
    const keys = this.#options.keys?.[`${resource}/${name}`];
    if (keys === undefined) throw notFound({ group: "", resource }, name);
    const data = Object.fromEntries(keys.map((key) => [key, "canary"]));
    return {
      apiVersion: "v1",
      kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      data,
    };
  }

  #isRemoved(kind: string): boolean {
    return this.#options.removed?.includes(kind) === true;
  }

  #resolve(apiVersion: string, kind: string): ResourceRef | undefined {
    if (this.#options.lacks?.includes(kind) === true) return undefined;
    const [group = "", version = ""] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
    return { group, version, kind, resource: `${kind.toLowerCase()}s`, namespaced: true };
  }
}

/** What an apply makes of an existing object, as far as metadata goes. */
const merged = (object: KubeObject, live: ObjectMeta): KubeObject => ({
  ...object,
  metadata: {
    resourceVersion: "7",
    ...live,
    ...object.metadata,
    labels: { ...live.labels, ...object.metadata.labels },
  },
});
