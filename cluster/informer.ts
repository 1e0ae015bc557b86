import type { KubeObject } from "../api/meta/types.ts";
import type { ReflectorOptions, ReflectorSink } from "./reflector.ts";
import { reflect } from "./reflector.ts";

/** Told after the cache has changed, so that a read from it sees the change. Must not throw. */
export interface InformerHandler {
  added?(object: KubeObject): void;
  updated?(object: KubeObject, old: KubeObject): void;
  deleted?(object: KubeObject): void;
}

/** A local copy of a resource, kept current. Objects in it are shared: never change one. */
export interface Informer {
  /** Resolves when the first complete state is in. */
  readonly synced: Promise<void>;
  readonly hasSynced: boolean;
  get(namespace: string, name: string): KubeObject | undefined;
  /** All objects, or those of one namespace. */
  list(namespace?: string): readonly KubeObject[];
  /** Objects for which the named index function gave this key. */
  byIndex(index: string, key: string): readonly KubeObject[];
  /** Handlers added late are told about what is there already. */
  onChange(handler: InformerHandler): void;
}

export type IndexFunction = (object: KubeObject) => readonly string[];

export interface InformerOptions extends Omit<ReflectorOptions, "sink"> {
  readonly indexes?: Readonly<Record<string, IndexFunction>>;
  /** What to keep of an object; name, namespace, uid and resourceVersion must stay. */
  readonly transform?: (object: KubeObject) => KubeObject;
}

/** Starts following the resource; ends when the signal aborts. */
export function startInformer(options: InformerOptions): Informer {
  const informer = new CachedInformer(options.indexes ?? {});
  const { transform } = options;
  const sink: ReflectorSink =
    transform === undefined
      ? informer
      : {
          replace: (objects) => {
            informer.replace(objects.map(transform));
          },
          changed: (object) => {
            informer.changed(transform(object));
          },
          deleted: (object) => {
            informer.deleted(transform(object));
          },
        };
  void reflect({ ...options, sink });
  return informer;
}

const keyOf = (object: KubeObject): string =>
  `${object.metadata.namespace ?? ""}/${object.metadata.name ?? ""}`;

class CachedInformer implements Informer {
  readonly synced: Promise<void>;
  hasSynced = false;
  readonly #objects = new Map<string, KubeObject>();
  readonly #indexFunctions: Readonly<Record<string, IndexFunction>>;
  readonly #indexes = new Map<string, Map<string, Set<string>>>();
  readonly #handlers: InformerHandler[] = [];
  #markSynced: () => void = () => undefined;

  constructor(indexFunctions: Readonly<Record<string, IndexFunction>>) {
    this.#indexFunctions = indexFunctions;
    for (const name of Object.keys(indexFunctions)) this.#indexes.set(name, new Map());
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  list(namespace?: string): readonly KubeObject[] {
    const all = [...this.#objects.values()];
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
  }

  byIndex(index: string, key: string): readonly KubeObject[] {
    const keys = this.#indexes.get(index)?.get(key) ?? [];
    return [...keys].flatMap((objectKey) => this.#objects.get(objectKey) ?? []);
  }

  onChange(handler: InformerHandler): void {
    this.#handlers.push(handler);
    for (const object of this.#objects.values()) handler.added?.(object);
  }

  replace(objects: readonly KubeObject[]): void {
    const present = new Set(objects.map(keyOf));
    for (const [key, old] of this.#objects) if (!present.has(key)) this.#remove(key, old);
    for (const object of objects) this.changed(object);
    this.hasSynced = true;
    this.#markSynced();
  }

  changed(object: KubeObject): void {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (old?.metadata.resourceVersion === object.metadata.resourceVersion && old !== undefined) return;
    // Deleted and made again between two reads: two objects, not one that changed.
    if (old !== undefined && old.metadata.uid !== object.metadata.uid) this.#remove(key, old);
    const previous = this.#objects.get(key);
    if (previous !== undefined) this.#unindex(key, previous);
    this.#objects.set(key, object);
    this.#index(key, object);
    for (const handler of this.#handlers) {
      if (previous === undefined) handler.added?.(object);
      else handler.updated?.(object, previous);
    }
  }

  deleted(object: KubeObject): void {
    const key = keyOf(object);
    if (this.#objects.has(key)) this.#remove(key, object);
  }

  #remove(key: string, last: KubeObject): void {
    const old = this.#objects.get(key);
    if (old !== undefined) this.#unindex(key, old);
    this.#objects.delete(key);
    for (const handler of this.#handlers) handler.deleted?.(last);
  }

  #index(key: string, object: KubeObject): void {
    for (const [name, fn] of Object.entries(this.#indexFunctions)) {
      const index = this.#indexes.get(name);
      for (const value of fn(object)) {
        const keys = index?.get(value) ?? new Set();
        keys.add(key);
        index?.set(value, keys);
      }
    }
  }

  #unindex(key: string, object: KubeObject): void {
    for (const [name, fn] of Object.entries(this.#indexFunctions)) {
      const index = this.#indexes.get(name);
      for (const value of fn(object)) {
        const keys = index?.get(value);
        keys?.delete(key);
        if (keys?.size === 0) index?.delete(value);
      }
    }
  }
}
