import type { KubeObject } from "../api/meta/types.ts";
import type { KeptObject } from "./kept-object.ts";
import { PackedObject, WholeObject } from "./kept-object.ts";
import { KeyIndex } from "./key-index.ts";
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
  /** Where all objects are, as `<namespace>/<name>`; of a cluster-wide one the namespace is empty. */
  keys(): readonly string[];
  /** Objects for which the named index function gave this key. */
  byIndex(index: string, key: string): readonly KubeObject[];
  /** Where these are. */
  keysByIndex(index: string, key: string): readonly string[];
  /** Handlers added late are told about what is there already. */
  onChange(handler: InformerHandler): void;
}

export type IndexFunction = (object: KubeObject) => readonly string[];

export interface InformerOptions extends Omit<ReflectorOptions, "sink"> {
  readonly indexes?: Readonly<Record<string, IndexFunction>>;
  /** What to keep of an object; name, namespace, uid and resourceVersion must stay. */
  readonly transform?: (object: KubeObject) => KubeObject;
  /** Keeps the objects encoded, for many that are read seldom: each read decodes one anew. */
  readonly packs?: boolean;
}

/** Starts following the resource; ends when the signal aborts. */
export function startInformer(options: InformerOptions): Informer {
  const keep =
    options.packs === true
      ? (object: KubeObject): KeptObject => new PackedObject(object)
      : (object: KubeObject): KeptObject => new WholeObject(object);
  const informer = new CachedInformer(options.indexes ?? {}, keep);
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
  readonly #objects = new Map<string, KeptObject>();
  readonly #keep: (object: KubeObject) => KeptObject;
  readonly #indexFunctions: Readonly<Record<string, IndexFunction>>;
  readonly #indexes = new Map<string, KeyIndex>();
  readonly #handlers: InformerHandler[] = [];
  #markSynced: () => void = () => undefined;

  constructor(
    indexFunctions: Readonly<Record<string, IndexFunction>>,
    keep: (object: KubeObject) => KeptObject,
  ) {
    this.#keep = keep;
    this.#indexFunctions = indexFunctions;
    for (const name of Object.keys(indexFunctions)) this.#indexes.set(name, new KeyIndex());
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(`${namespace}/${name}`)?.read();
  }

  list(namespace?: string): readonly KubeObject[] {
    const all = [...this.#objects.values()].map((kept) => kept.read());
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
  }

  keys(): readonly string[] {
    return [...this.#objects.keys()];
  }

  byIndex(index: string, key: string): readonly KubeObject[] {
    return this.keysByIndex(index, key).flatMap((objectKey) => this.#objects.get(objectKey)?.read() ?? []);
  }

  keysByIndex(index: string, key: string): readonly string[] {
    return [...(this.#indexes.get(index)?.keysOf(key) ?? [])];
  }

  onChange(handler: InformerHandler): void {
    this.#handlers.push(handler);
    for (const kept of this.#objects.values()) handler.added?.(kept.read());
  }

  replace(objects: readonly KubeObject[]): void {
    const present = new Set(objects.map(keyOf));
    for (const [key, old] of this.#objects) if (!present.has(key)) this.#remove(key, old.read());
    for (const object of objects) this.changed(object);
    this.hasSynced = true;
    this.#markSynced();
  }

  changed(object: KubeObject): void {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (old?.resourceVersion === object.metadata.resourceVersion && old !== undefined) return;
    // Deleted and made again between two reads: two objects, not one that changed.
    if (old !== undefined && old.uid !== object.metadata.uid) this.#remove(key, old.read());
    const previous = this.#objects.get(key)?.read();
    if (previous !== undefined) this.#unindex(key, previous);
    this.#objects.set(key, this.#keep(object));
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
    if (old !== undefined) this.#unindex(key, old.read());
    this.#objects.delete(key);
    for (const handler of this.#handlers) handler.deleted?.(last);
  }

  #index(key: string, object: KubeObject): void {
    for (const [name, fn] of Object.entries(this.#indexFunctions)) {
      const index = this.#indexes.get(name);
      for (const value of fn(object)) index?.add(value, key);
    }
  }

  #unindex(key: string, object: KubeObject): void {
    for (const [name, fn] of Object.entries(this.#indexFunctions)) {
      const index = this.#indexes.get(name);
      for (const value of fn(object)) index?.remove(value, key);
    }
  }
}
