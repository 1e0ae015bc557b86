import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getPath, isObject } from "../../machinery/json/value.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";

/** An object that is not (or no longer) in the store, in the form the printers take; forms are made anew each time. */
export const looseObject = (object: JsonObject): CachedObject => new LooseObject(object);

class LooseObject implements CachedObject {
  readonly key = "";
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly revision: number;
  readonly labels: ReadonlyMap<string, string>;
  readonly settledBy = undefined;
  readonly #object: JsonObject;

  constructor(object: JsonObject) {
    this.#object = object;
    this.namespace = text(getPath(object, "metadata", "namespace"));
    this.name = text(getPath(object, "metadata", "name"));
    this.uid = text(getPath(object, "metadata", "uid"));
    this.revision = Number(text(getPath(object, "metadata", "resourceVersion"))) || 0;
    this.labels = labelsOf(object);
  }

  get json(): Buffer {
    return Buffer.from(encodeJson(this.#object));
  }

  decode(): JsonObject {
    return cloneJson(this.#object);
  }

  bytes(_form: string, encode: (object: CachedObject) => Buffer): Buffer {
    return encode(this);
  }

  kept(): undefined {
    return undefined;
  }

  memo<T>(_name: string, compute: (object: CachedObject) => T): T {
    return compute(this);
  }
}

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");

function labelsOf(object: JsonObject): ReadonlyMap<string, string> {
  const labels = getPath(object, "metadata", "labels");
  if (!isObject(labels)) return new Map();
  return new Map(Object.entries(labels).map(([key, value]) => [key, text(value)]));
}
