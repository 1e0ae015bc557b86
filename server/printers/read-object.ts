import type { JsonObject } from "../../machinery/json/value.ts";
import { prune } from "../../machinery/schema/prune.ts";
import { applyDefaults } from "../../machinery/schema/defaults.ts";
import { getKey } from "../../machinery/json/value.ts";
import { shapeEmbedded } from "../registry/embedded-metadata.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";

/**
 * A stored object in a served version, as kube-apiserver reads it: pruned and defaulted by the schema of today, that of
 * the storage version first. A fresh copy the caller may change.
 */
export function readObject(version: ServedVersion, cached: CachedObject): JsonObject {
  const { resource } = version;
  const { storage } = resource;
  const stored = cached.decode();
  if (version === storage || getKey(stored, "apiVersion") !== storage.apiVersion) {
    const object = resource.convert(stored, version);
    shape(version, object);
    return object;
  }
  shape(storage, stored);
  const object = resource.convert(stored, version);
  shape(version, object);
  return object;
}

function shape(version: ServedVersion, object: JsonObject): void {
  const { schema } = version.definition;
  prune(object, schema);
  if (version.hasEmbedded) shapeEmbedded(object, schema);
  applyDefaults(object, schema);
}
