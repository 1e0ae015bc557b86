import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getKey, isObject } from "../../../machinery/json/value.ts";

/**
 * The server changed the layout of its configuration several times without changing its version number, and ignores
 * keys it does not know. So what a base configuration expects is read off the base itself.
 */
export interface Shape {
  /** Where remote inference providers take their address. */
  readonly endpointKey: "url" | "base_url";
  /** Whether the server still registers tool groups; later ones find them by themselves. */
  readonly hasToolGroups: boolean;
  /** Whether telemetry is an API with providers. */
  readonly hasTelemetry: boolean;
}

/** The versions a base may have: the current one and the one before. */
export const supportedVersions: readonly number[] = [2, 1];

/** The `version` of a base, which some write as text; undefined when it is not a whole number. */
export function versionOf(base: JsonObject): number | undefined {
  const version = getKey(base, "version");
  if (typeof version === "number" && Number.isInteger(version)) return version;
  return typeof version === "string" && /^\d{1,9}$/.test(version) ? Number(version) : undefined;
}

/** Keys of the layouts from before storage and registered resources had sections of their own. */
const legacyKeys = [
  "models",
  "shields",
  "tool_groups",
  "vector_dbs",
  "datasets",
  "scoring_fns",
  "benchmarks",
  "metadata_store",
  "inference_store",
  "routing_table",
  "provider_map",
  "apis_to_serve",
];

/** The keys by which a base shows a layout nothing can be generated into; empty for a usable one. */
export function legacyKeysOf(base: JsonObject): readonly string[] {
  if (getKey(base, "storage") !== undefined || getKey(base, "registered_resources") !== undefined) return [];
  return legacyKeys.filter((key) => getKey(base, key) !== undefined);
}

/** What the server a base was written for expects. */
export function shapeOf(base: JsonObject): Shape {
  const entries = providerEntries(base);
  const types = entries.map(typeOf);
  const apis = apisOf(base);
  const isLate =
    apis.includes("responses") ||
    types.some((type) => type === "inline::builtin" || type === "inline::file-search");
  return {
    endpointKey: endpointKeyOf(base, isLate),
    hasToolGroups: !isLate,
    hasTelemetry: apis.includes("telemetry"),
  };
}

/** The APIs a base serves: those it lists, or else those it has providers for. */
export function apisOf(base: JsonObject): readonly string[] {
  const listed = getKey(base, "apis");
  const names = Array.isArray(listed) ? listed.filter((name) => typeof name === "string") : [];
  if (names.length > 0) return names;
  const providers = getKey(base, "providers");
  return isObject(providers) ? Object.keys(providers) : [];
}

function providerEntries(base: JsonObject): JsonObject[] {
  const providers = getKey(base, "providers");
  return isObject(providers) ? Object.values(providers).flatMap(objectsOf) : [];
}

/** The `provider_type` of an entry, empty when it has none. */
export function typeOf(entry: JsonObject): string {
  const type = getKey(entry, "provider_type");
  return typeof type === "string" ? type : "";
}

/** The objects of a list; nothing of anything else. */
export const objectsOf = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

/** These two took `base_url` before the others did. */
const alwaysBaseUrl = new Set(["remote::openai", "remote::cerebras"]);

function endpointKeyOf(base: JsonObject, isLate: boolean): Shape["endpointKey"] {
  // The key that named the distribution changed after the address keys had become one.
  if (isLate || getKey(base, "distro_name") !== undefined) return "base_url";
  const providers = getKey(base, "providers");
  const configs = objectsOf(isObject(providers) ? getKey(providers, "inference") : undefined)
    .filter((entry) => !alwaysBaseUrl.has(typeOf(entry)))
    .map((entry) => getKey(entry, "config"))
    .filter(isObject);
  if (configs.some((config) => getKey(config, "base_url") !== undefined)) return "base_url";
  return configs.some((config) => getKey(config, "url") !== undefined) ? "url" : "base_url";
}
