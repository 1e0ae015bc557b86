import { decodeStored } from "../../machinery/json/decode.ts";
import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { prune } from "../../machinery/schema/prune.ts";
import { readsAsIs } from "../../machinery/schema/reads-as-is.ts";
import { applyDefaults } from "../../machinery/schema/defaults.ts";
import type { Structural } from "../../machinery/schema/structural.ts";
import { getKey } from "../../machinery/json/value.ts";
import { shapeEmbedded } from "../registry/embedded-metadata.ts";
import type { ServedResource, ServedVersion } from "../registry/served-resource.ts";
import { metadataBytes } from "../storage/watchcache/stored-form.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";

/**
 * A stored object in a served version, as kube-apiserver reads it: pruned and defaulted by the schema of today of the
 * version it is stored in, and without what the served version does not know. Defaults of the served version come in
 * only with what is written in it. A fresh copy the caller may change.
 */
export function readObject(version: ServedVersion, cached: CachedObject): JsonObject {
  const stored = cached.decode();
  return isServedAsStored(version, cached) ? stored : asRead(version, stored);
}

/** The bytes of the same: those that are stored, where reading changes nothing. */
export function readBytes(version: ServedVersion, cached: CachedObject): Buffer {
  if (isServedAsStored(version, cached)) return cached.json;
  const stored = cached.decode();
  const isOfVersion =
    version === version.resource.storage && getKey(stored, "apiVersion") === version.apiVersion;
  if (isOfVersion && settledBy(version.resource, stored) === version.definition.schema) return cached.json;
  return Buffer.from(encodeJson(asRead(version, stored)));
}

function asRead(version: ServedVersion, stored: JsonObject): JsonObject {
  const { resource } = version;
  const of = versionOf(version, getKey(stored, "apiVersion"));
  shape(of, stored);
  applyDefaults(stored, of.definition.schema);
  if (of === version) return stored;
  const object = resource.convert(stored, version);
  shape(version, object);
  return object;
}

/** Its metadata alone, which pruning and defaulting leave as they are. */
export function readMetadata(version: ServedVersion, cached: CachedObject): JsonValue | undefined {
  const metadata = metadataBytes(cached.json, version.apiVersion);
  if (metadata !== undefined) return decodeStored(metadata);
  const stored = cached.decode();
  const isAnother = getKey(stored, "apiVersion") !== version.apiVersion;
  return getKey(isAnother ? readObject(version, cached) : stored, "metadata");
}

/** Whether the object is known to be read in the version exactly as it is stored. */
export const isServedAsStored = (version: ServedVersion, cached: CachedObject): boolean =>
  version === version.resource.storage && cached.settledBy === version.definition.schema;

/** The schema by which an object that is about to be stored is read as it is; undefined when reading may change it. */
export function settledBy({ storage }: ServedResource, stored: JsonObject): Structural | undefined {
  const { schema } = storage.definition;
  return !storage.hasEmbedded && readsAsIs(stored, schema) ? schema : undefined;
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
