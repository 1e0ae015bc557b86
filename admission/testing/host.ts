import { notFound } from "../../api/errors/catalogue.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import type { ApplyOptions, Client, ObjectRef, ResourceRef } from "../../cluster/client.ts";

export interface HostOptions {
  /** `secrets/hf`: what exists in the namespace. */
  readonly has?: readonly string[];
  /** Kinds that are not served. */
  readonly lacks?: readonly string[];
  /** Answers a dry run; throwing refuses it. */
  readonly judge?: (object: KubeObject) => readonly string[];
  /** Answers every lookup, instead of what `has` says. */
  readonly lookup?: () => never;
}

/** A host cluster as far as admission asks it: lookups of metadata and dry-run applies, which it notes down. */
export class Host {
  readonly lookups: string[] = [];
  readonly applied: { readonly object: KubeObject; readonly options: ApplyOptions }[] = [];
  readonly #options: HostOptions;

  constructor(options: HostOptions = {}) {
    this.#options = options;
  }

  /** As the client admission is given. */
  get client(): Client {
    const unused = (): never => {
      throw new Error("admission only looks up and dry-runs");
    };
    return {
      get: unused,
      list: unused,
      watch: unused,
      create: unused,
      update: unused,
      mergePatch: unused,
      delete: unused,
      getRaw: unused,
      getMetadata: async (resource, ref) => this.#lookup(resource, ref),
      apply: async (_resource, object, options) => {
        this.applied.push({ object, options });
        return { object, warnings: this.#options.judge?.(object) ?? [] };
      },
      resolve: async (apiVersion, kind) => this.#resolve(apiVersion, kind),
    };
  }

  #lookup({ resource }: ResourceRef, { name }: ObjectRef): KubeObject {
    this.lookups.push(`${resource}/${name}`);
    this.#options.lookup?.();
    if (this.#options.has?.includes(`${resource}/${name}`) !== true)
      throw notFound({ group: "", resource }, name);
    return { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata", metadata: { name } };
  }

  #resolve(apiVersion: string, kind: string): ResourceRef | undefined {
    if (this.#options.lacks?.includes(kind) === true) return undefined;
    const [group = "", version = ""] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
    return { group, version, kind, resource: `${kind.toLowerCase()}s`, namespaced: true };
  }
}
