import type { KubeObject } from "../api/meta/types.ts";
import type { KeptObject } from "./kept-object.ts";
import { Packer, WholeObject } from "./kept-object.ts";
import { KeyIndex } from "./key-index.ts";
import type { ReflectorOptions, ReflectorSink } from "./reflector.ts";
import { reflect } from "./reflector.ts";

/** Told after the cache has changed, so that a read from it sees the change. Must not throw. */
export interface InformerHandler {
  added?(object: KubeObject): void;
  /** As `added`, for those who need no more than where the object is, as in `keys`; objects kept encoded are not read for it. */
  appeared?(key: string): void;
  /** `old` may have to be decoded for whoever asks; it answers during the call. */
  updated?(object: KubeObject, old: () => KubeObject): void;
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
  /** Keeps the objects encoded, for many that are read seldom: each read decodes one anew, unless it came just now. */
  readonly packs?: boolean;
}

/** Starts following the resource; ends when the signal aborts. */
export function startInformer(options: InformerOptions): Informer {
  const informer = new CachedInformer(options);
  void reflect({ ...options, sink: informer });
  return informer;
}

const keyOf = (object: KubeObject): string =>
  `${object.metadata.namespace ?? ""}/${object.metadata.name ?? ""}`;

/** An object with the values it is found by, one list for each index. */
interface Entry {
  readonly key: string;
  readonly kept: KeptObject;
  readonly values: readonly (readonly string[])[];
}

interface Index {
  readonly name: string;
  readonly valuesOf: IndexFunction;
  readonly keys: KeyIndex;
}

class CachedInformer implements Informer, ReflectorSink<Entry> {
  readonly synced: Promise<void>;
  hasSynced = false;
  readonly #entries = new Map<string, Entry>();
  readonly #transform: (object: KubeObject) => KubeObject;
  readonly #packer: Packer | undefined;
  readonly #indexes: readonly Index[];
  readonly #handlers: InformerHandler[] = [];
  #markSynced: () => void = () => undefined;

  constructor({ indexes = {}, transform, packs }: Pick<InformerOptions, "indexes" | "transform" | "packs">) {
    this.#transform = transform ?? ((object) => object);
    this.#packer = packs === true ? new Packer() : undefined;
    this.#indexes = Object.entries(indexes).map(([name, valuesOf]) => ({
      name,
      valuesOf,
      keys: new KeyIndex(),
    }));
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#entries.get(`${namespace}/${name}`)?.kept.read();
  }

  list(namespace?: string): readonly KubeObject[] {
    const all = [...this.#entries.values()].map(({ kept }) => kept.read());
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
  }

  keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  byIndex(index: string, key: string): readonly KubeObject[] {
    return this.keysByIndex(index, key).flatMap(
      (objectKey) => this.#entries.get(objectKey)?.kept.read() ?? [],
    );
  }

  keysByIndex(index: string, key: string): readonly string[] {
    return [...(this.#indexes.find(({ name }) => name === index)?.keys.keysOf(key) ?? [])];
  }

  onChange(handler: InformerHandler): void {
    this.#handlers.push(handler);
    for (const { key, kept } of this.#entries.values()) tellAdded(handler, key, () => kept.read());
  }

  receive(object: KubeObject): Entry {
    return this.#entryOf(this.#transform(object));
  }

  replace(all: readonly Entry[]): void {
    const present = new Set(all.map(({ key }) => key));
    for (const [key, { kept }] of this.#entries) if (!present.has(key)) this.#remove(key, kept.read());
    for (const entry of all) this.#put(entry, () => entry.kept.read());
    this.hasSynced = true;
    this.#markSynced();
  }

  changed(whole: KubeObject): void {
    const object = this.#transform(whole);
    this.#put(this.#entryOf(object), () => object);
  }

  deleted(object: KubeObject): void {
    const key = keyOf(object);
    if (this.#entries.has(key)) this.#remove(key, this.#transform(object));
  }

  #entryOf(object: KubeObject): Entry {
    return {
      key: keyOf(object),
      kept: this.#packer?.keep(object) ?? new WholeObject(object),
      values: this.#indexes.map(({ valuesOf }) => valuesOf(object)),
    };
  }

  #put({ key, kept, values }: Entry, read: () => KubeObject): void {
    const old = this.#entries.get(key)?.kept;
    if (old !== undefined && old.resourceVersion === kept.resourceVersion) {
      kept.drop?.();
      return;
    }
    // Deleted and made again between two reads: two objects, not one that changed.
    if (old !== undefined && old.uid !== kept.uid) this.#remove(key, old.read());
    const previous = this.#entries.get(key);
    this.#entries.set(key, { key, kept, values: this.#reindex(key, values, previous?.values) });
    previous?.kept.drop?.();
    for (const handler of this.#handlers) {
      if (previous === undefined) tellAdded(handler, key, read);
      else handler.updated?.(read(), () => previous.kept.read());
    }
  }

  #remove(key: string, last: KubeObject): void {
    const old = this.#entries.get(key);
    this.#indexes.forEach(({ keys }, i) => {
      for (const value of old?.values[i] ?? []) keys.remove(value, key);
    });
    old?.kept.drop?.();
    this.#entries.delete(key);
    for (const handler of this.#handlers) handler.deleted?.(last);
  }

  /** What the object is found by now takes the place of what it was found by; answers it. */
  #reindex(key: string, now: Entry["values"], before: Entry["values"] | undefined): Entry["values"] {
    return this.#indexes.map(({ keys }, i) => {
      const values = now[i] ?? [];
      const old = before?.[i] ?? [];
      if (values.length === old.length && values.every((value, at) => value === old[at])) return old;
      for (const value of old) keys.remove(value, key);
      for (const value of values) keys.add(value, key);
      return values;
    });
  }
}

function tellAdded(handler: InformerHandler, key: string, read: () => KubeObject): void {
  handler.added?.(read());
  handler.appeared?.(key);
}
