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

/** Holds the object's JSON, a quarter of the memory, and decodes it for each who reads it. */
export class PackedObject implements KeptObject {
  readonly #json: Buffer;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;

  constructor(object: KubeObject) {
    const text = encodeJson(asJson(object));
    // A slice of Node's shared pool would keep its neighbours alive too.
    this.#json = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
    this.#json.write(text);
    this.uid = object.metadata.uid;
    this.resourceVersion = object.metadata.resourceVersion;
  }

  read(): KubeObject {
    return decodeStored(this.#json) as unknown as KubeObject;
  }
}
