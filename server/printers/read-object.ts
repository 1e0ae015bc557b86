import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { prune } from "../../machinery/schema/prune.ts";
import { applyDefaults } from "../../machinery/schema/defaults.ts";
import { getKey } from "../../machinery/json/value.ts";
import { shapeEmbedded } from "../registry/embedded-metadata.ts";
import type { ServedVersion } from "../registry/served-resource.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";

/**
 * A stored object in a served version, as kube-apiserver reads it: pruned and defaulted by the schema of today of the
 * version it is stored in, and without what the served version does not know. Defaults of the served version come in
 * only with what is written in it. A fresh copy the caller may change.
 */
export function readObject(version: ServedVersion, cached: CachedObject): JsonObject {
  const { resource } = version;
  const stored = cached.decode();
  const of = versionOf(version, getKey(stored, "apiVersion"));
  shape(of, stored);
  applyDefaults(stored, of.definition.schema);
  if (of === version) return stored;
  const object = resource.convert(stored, version);
  shape(version, object);
  return object;
}

/** The version an object says it is stored in; where there is no such version any more, the one it is read in. */
function versionOf({ resource, name }: ServedVersion, apiVersion: JsonValue | undefined): ServedVersion {
  if (apiVersion === resource.storage.apiVersion) return resource.storage;
  const versions = [...resource.versions.values()];
  const own = versions.find((version) => version.apiVersion === apiVersion);
  return own ?? versions.find((version) => version.name === name) ?? resource.storage;
}

function shape(version: ServedVersion, object: JsonObject): void {
  const { schema } = version.definition;
  prune(object, schema);
  if (version.hasEmbedded) shapeEmbedded(object, schema);
}
