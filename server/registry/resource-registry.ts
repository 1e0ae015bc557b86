/**
 * The kinds this server serves. Requests look up here; discovery and OpenAPI list from here. Kinds can come and go
 * while the server runs, each change is told to the listeners after it took effect.
 */
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import type { ResourceCache } from "../storage/watchcache/types.ts";
import type { ServedResource, ServedVersion } from "./served-resource.ts";
import { compileResource } from "./served-resource.ts";

export class ResourceRegistry {
  readonly #resources = new Map<string, ServedResource>();
  readonly #listeners = new Set<() => void>();
  readonly #now: () => Date;

  constructor(options: { readonly now: () => Date }) {
    this.#now = options.now;
  }

  /** Serves a kind from now on; a definition of the same group and plural is replaced. */
  add(definition: ResourceDefinition, cache: ResourceCache): ServedResource {
    const resource = compileResource({ definition, cache, now: this.#now });
    this.#resources.set(keyOf(definition.group, definition.plural), resource);
    this.#changed();
    return resource;
  }

  /** Stops serving a kind; false when it was not served. Its cache is left to the caller. */
  remove(group: string, plural: string): boolean {
    const removed = this.#resources.delete(keyOf(group, plural));
    if (removed) this.#changed();
    return removed;
  }

  /** The kind, whatever its versions. */
  resource(group: string, plural: string): ServedResource | undefined {
    return this.#resources.get(keyOf(group, plural));
  }

  /** The kind in a version, when that version is served. */
  find(group: string, version: string, plural: string): ServedVersion | undefined {
    const found = this.#resources.get(keyOf(group, plural))?.versions.get(version);
    return found?.definition.served === true ? found : undefined;
  }

  /** All kinds, in the order they were added. */
  all(): readonly ServedResource[] {
    return [...this.#resources.values()];
  }

  /** All definitions, in the order they were added. */
  definitions(): readonly ResourceDefinition[] {
    return this.all().map((resource) => resource.definition);
  }

  /** Calls after each change; the answer stops it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

const keyOf = (group: string, plural: string): string => `${group}/${plural}`;
