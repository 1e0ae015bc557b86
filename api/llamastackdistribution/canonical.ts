/**
 * The forms of v1alpha2 that people write and nobody else should meet: a lone provider for a list of one, a model's
 * name for a model, true for an exposed server, `{name, key}` for a reference to a Secret. They become canonical when
 * an object is decoded. What has another form stays as it is, for the schema to refuse.
 */
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject, setKey } from "../../machinery/json/value.ts";
import { providerSections } from "./enumerations.ts";

/** Makes an object of any version canonical; changes it. v1alpha1 has one form only. */
export function canonicalizeLlamaStackDistribution(object: JsonObject, version: string): JsonObject {
  const spec = getKey(object, "spec");
  if (version === "v1alpha2" && isObject(spec)) canonicalizeSpec(spec);
  return object;
}

function canonicalizeSpec(spec: JsonObject): void {
  within(spec, "providers", (providers) => {
    for (const section of providerSections) {
      change(providers, section, (value) => (isObject(value) ? [value] : value));
      each(providers, section, provider);
    }
  });
  within(spec, "resources", (resources) => {
    each(resources, "models", (model) => (typeof model === "string" ? { name: model } : model));
  });
  within(spec, "storage", (storage) => {
    within(storage, "kv", (kv) => {
      change(kv, "password", secret);
    });
    within(storage, "sql", (sql) => {
      change(sql, "connectionString", secret);
    });
  });
  within(spec, "networking", (networking) => {
    change(networking, "expose", (value) => (typeof value === "boolean" ? { enabled: value } : value));
  });
}

function provider(value: JsonValue): JsonValue {
  if (!isObject(value)) return value;
  change(value, "apiKey", secret);
  within(value, "secretRefs", (refs) => {
    for (const key of Object.keys(refs)) change(refs, key, secret);
  });
  return value;
}

/** `{name, key}` alone stands for `{secretKeyRef: {name, key}}`; with anything else beside it, it is a mistake. */
function secret(value: JsonValue): JsonValue {
  if (!isObject(value)) return value;
  const keys = Object.keys(value);
  const isFlat = keys.length > 0 && keys.every((key) => key === "name" || key === "key");
  return isFlat ? { secretKeyRef: value } : value;
}

function change(parent: JsonObject, key: string, to: (value: JsonValue) => JsonValue): void {
  const value = getKey(parent, key);
  if (value !== undefined) setKey(parent, key, to(value));
}

function each(parent: JsonObject, key: string, to: (value: JsonValue) => JsonValue): void {
  change(parent, key, (value) => (Array.isArray(value) ? value.map(to) : value));
}

function within(parent: JsonObject, key: string, then: (child: JsonObject) => void): void {
  const child = getKey(parent, key);
  if (isObject(child)) then(child);
}
