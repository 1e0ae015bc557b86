import type { KubeObject } from "../api/meta/types.ts";
import { asJson } from "../api/meta/types.ts";
import { decodeStored } from "../machinery/json/decode.ts";
import { encodeJson } from "../machinery/json/encode.ts";

/** An object as an informer holds it. */
export interface KeptObject {
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  /** The object; never to be changed, since it may be the one that others are given, too. */
  read(): KubeObject;
  /** It has been replaced or is gone; it can still be read by whoever has it. */
  drop?(): void;
}

/** Holds the object itself. */
export class WholeObject implements KeptObject {
  readonly #object: KubeObject;

  constructor(object: KubeObject) {
    this.#object = object;
  }

  get uid(): string | undefined {
    return this.#object.metadata.uid;
  }

  get resourceVersion(): string | undefined {
    return this.#object.metadata.resourceVersion;
  }

  read(): KubeObject {
    return this.#object;
  }
}

/** So many of the objects that came last are held whole. */
const wholeAtMost = 64;

/**
 * Holds objects as JSON, a quarter of the memory, which is decoded for each who reads it; but those that came last are
 * held whole for a while: most are read once soon after they came, and some are replaced before they would be encoded.
 */
export class Packer {
  readonly #whole = new Set<PackedObject>();

  keep(object: KubeObject): KeptObject {
    const kept = new PackedObject(object, this.#whole);
    this.#whole.add(kept);
    if (this.#whole.size > wholeAtMost) {
      const [oldest] = this.#whole;
      oldest?.pack();
    }
    return kept;
  }
}

class PackedObject implements KeptObject {
  readonly #whole: Set<PackedObject>;
  #held: KubeObject | Buffer;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;

  constructor(object: KubeObject, whole: Set<PackedObject>) {
    this.#held = object;
    this.#whole = whole;
    this.uid = object.metadata.uid;
    this.resourceVersion = object.metadata.resourceVersion;
  }

  pack(): void {
    this.#whole.delete(this);
    if (Buffer.isBuffer(this.#held)) return;
    const text = encodeJson(asJson(this.#held));
    // A slice of Node's shared pool would keep its neighbours alive too.
    const json = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
    json.write(text);
    this.#held = json;
  }

  read(): KubeObject {
    return Buffer.isBuffer(this.#held) ? (decodeStored(this.#held) as unknown as KubeObject) : this.#held;
  }

  drop(): void {
    this.#whole.delete(this);
  }
}
