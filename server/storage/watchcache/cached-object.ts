import { decodeStored } from "../../../machinery/json/decode.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getPath, isObject } from "../../../machinery/json/value.ts";
import type { Structural } from "../../../machinery/schema/structural.ts";
import { StorageError } from "../store.ts";
import type { FormOwner, KeptForms } from "./kept-forms.ts";
import { withResourceVersion } from "./stored-form.ts";
import type { CachedObject } from "./types.ts";

/** What the cache keeps of an object beside its bytes. */
export interface Facts {
  readonly uid: string;
  readonly labels: ReadonlyMap<string, string>;
  /** As in CachedObject; nobody knows of what others wrote. */
  readonly settledBy: Structural | undefined;
}

const noLabels: ReadonlyMap<string, string> = new Map();

/** The facts of a decoded object. */
export function factsOf(object: JsonValue, settledBy?: Structural): Facts {
  const uid = getPath(object, "metadata", "uid");
  const labels = getPath(object, "metadata", "labels");
  const pairs = isObject(labels) ? Object.entries(labels) : [];
  return {
    uid: typeof uid === "string" ? uid : "",
    labels:
      pairs.length === 0
        ? noLabels
        : new Map(pairs.flatMap(([key, value]) => (typeof value === "string" ? [[key, value]] : []))),
    settledBy,
  };
}

/** The facts of stored bytes; fails with Corrupt when they are not JSON. */
export function factsOfStored(key: string, stored: Buffer): Facts {
  try {
    return factsOf(decodeStored(stored));
  } catch (error) {
    throw new StorageError("Corrupt", key, `the stored value of ${key} is not JSON`, error);
  }
}

/** `key` is the full key in the store, `relative` what follows the prefix of its resource. */
export function cachedObject(at: {
  readonly key: string;
  readonly relative: string;
  readonly revision: number;
  readonly stored: Buffer;
  readonly facts: Facts;
  readonly forms: KeptForms;
}): CachedObject {
  return new CachedState(at, withResourceVersion(at.key, at.stored, at.revision));
}

class CachedState implements CachedObject, FormOwner {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly revision: number;
  readonly labels: ReadonlyMap<string, string>;
  readonly json: Buffer;
  readonly settledBy: Structural | undefined;
  readonly #kept: KeptForms;
  #forms: Map<string, Buffer> | undefined;
  #memos: Map<string, unknown> | undefined;

  constructor(
    {
      relative: key,
      revision,
      facts,
      forms,
    }: {
      readonly relative: string;
      readonly revision: number;
      readonly facts: Facts;
      readonly forms: KeptForms;
    },
    json: Buffer,
  ) {
    const slash = key.indexOf("/");
    this.key = key;
    this.namespace = slash < 0 ? "" : key.slice(0, slash);
    this.name = slash < 0 ? key : key.slice(slash + 1);
    this.uid = facts.uid;
    this.labels = facts.labels;
    this.revision = revision;
    this.json = json;
    this.settledBy = facts.settledBy;
    this.#kept = forms;
  }

  decode(): JsonObject {
    return decodeStored(this.json) as JsonObject;
  }

  bytes(form: string, encode: (object: CachedObject) => Buffer): Buffer {
    this.#forms ??= new Map<string, Buffer>();
    let bytes = this.#forms.get(form);
    if (bytes === undefined) {
      const encoded = encode(this);
      // Nearly always what is stored is what is served; one copy is enough then.
      bytes = encoded.equals(this.json) ? this.json : ownMemory(encoded);
      this.#forms.set(form, bytes);
      if (bytes !== this.json) this.#kept.add(this, form, bytes.length);
    }
    return bytes;
  }

  kept(form: string): Buffer | undefined {
    return this.#forms?.get(form);
  }

  memo<T>(
    name: string,
    compute: (object: CachedObject) => T,
    weigh: (value: T) => number = () => this.json.length,
  ): T {
    this.#memos ??= new Map<string, unknown>();
    if (this.#memos.has(name)) return this.#memos.get(name) as T;
    const value = compute(this);
    this.#memos.set(name, value);
    this.#kept.add(this, name, weigh(value));
    return value;
  }

  drop(form: string): void {
    this.#forms?.delete(form);
    this.#memos?.delete(form);
  }
}

/** Kept for long, a slice of Node's shared pool would keep its neighbours alive too. */
function ownMemory(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes;
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}
