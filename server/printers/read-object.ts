import type { JsonObject } from "../../machinery/json/value.ts";
import { prune } from "../../machinery/schema/prune.ts";
import { applyDefaults } from "../../machinery/schema/defaults.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";

/**
 * A stored object in a served version, as kube-apiserver reads old data: converted, then pruned and defaulted by the
 * schema of today. A fresh copy the caller may change.
 */
export function readObject(version: ServedVersion, cached: CachedObject): JsonObject {
  const object = version.resource.convert(cached.decode(), version);
  prune(object, version.definition.schema);
  applyDefaults(object, version.definition.schema);
  return object;
}
