import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { cloneJson, getPath, isObject } from "../../machinery/json/value.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";

/** An object that is not (or no longer) in the store, in the form the printers take; forms are made anew each time. */
export function looseObject(object: JsonObject): CachedObject {
  const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
  const loose: CachedObject = {
    key: "",
    namespace: text(getPath(object, "metadata", "namespace")),
    name: text(getPath(object, "metadata", "name")),
    uid: text(getPath(object, "metadata", "uid")),
    revision: Number(text(getPath(object, "metadata", "resourceVersion"))) || 0,
    labels: labelsOf(object),
    settledBy: undefined,
    get json() {
      return Buffer.from(encodeJson(object));
    },
    decode: () => cloneJson(object),
    bytes: (_form, encode) => encode(loose),
    kept: () => undefined,
    memo: (_name, compute) => compute(loose),
  };
  return loose;
}

function labelsOf(object: JsonObject): ReadonlyMap<string, string> {
  const labels = getPath(object, "metadata", "labels");
  if (!isObject(labels)) return new Map();
  return new Map(Object.entries(labels).map(([key, value]) => [key, typeof value === "string" ? value : ""]));
}
