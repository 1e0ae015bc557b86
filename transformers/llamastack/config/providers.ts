import { forbidden, invalid } from "../../../machinery/field/error.ts";
import type { FieldPath } from "../../../machinery/field/path.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { cloneJson, getKey, isObject, setKey } from "../../../machinery/json/value.ts";
import type { ApiName } from "./apis.ts";
import { apiOf } from "./apis.ts";
import type { Draft } from "./draft.ts";
import type { ConfigSpec, ProviderEntry } from "./input.ts";
import type { GivenProvider } from "./provider-ids.ts";
import { givenProviders } from "./provider-ids.ts";
import { providerKeys, providerType, requiredDefaults } from "./provider-types.ts";
import { variableName } from "./secrets.ts";
import { backendNames } from "./storage.ts";

/** An entry of the server's provider list, and the API it belongs to. */
export interface Expanded {
  readonly api: ApiName;
  readonly id: string;
  readonly entry: JsonObject;
}

/** Turns the spec's providers into entries as the server reads them. */
export function expandProviders(spec: ConfigSpec, draft: Draft): Expanded[] {
  const expanded: Expanded[] = [];
  for (const given of givenProviders(spec)) {
    const api = apiOf(given.section);
    if (isServed(given, api, draft)) expanded.push({ api, id: given.id, entry: expand(given, api, draft) });
  }
  return expanded;
}

/** A server that does not know an API refuses to start. */
function isServed({ path }: GivenProvider, api: ApiName, draft: Draft): boolean {
  if (api !== "telemetry" || draft.shape.hasTelemetry || draft.options.profile === "spec") return true;
  const apis = [...draft.apis()].sort().join(", ");
  draft.error(
    forbidden(
      path,
      `the server of this distribution has no telemetry API (it has ${apis}); ` +
        "set OTEL_EXPORTER_OTLP_ENDPOINT in spec.workload.overrides.env to send telemetry somewhere",
    ),
  );
  return false;
}

function expand({ entry, id, path }: GivenProvider, api: ApiName, draft: Draft): JsonObject {
  const type =
    draft.options.profile === "spec" && !entry.provider.includes("::")
      ? `remote::${entry.provider}`
      : providerType(api, entry.provider);
  return { provider_id: id, provider_type: type, config: configure({ entry, id, path, api, type }, draft) };
}

interface Provider {
  readonly entry: ProviderEntry;
  readonly id: string;
  readonly path: FieldPath;
  readonly api: ApiName;
  readonly type: string;
}

/** Settings first, then the fields that have a place of their own: these win. */
function configure({ entry, id, path, api, type }: Provider, draft: Draft): JsonObject {
  const isLiteral = draft.options.profile === "spec";
  const defaults = isLiteral ? {} : requiredDefaults(api, type, backendNames(draft, "kv")[0] ?? "kv_default");
  const config: JsonObject = { ...defaults, ...cloneJson(entry.settings ?? {}) };
  warnOfSecrets(entry.settings, path.child("settings"), draft);
  const keys = isLiteral ? literalKeys : providerKeys(api, type, draft.shape);
  const set = (key: string, value: JsonValue, at: FieldPath): void => {
    if (getKey(config, key) !== undefined && getKey(entry.settings ?? {}, key) !== undefined) {
      draft.warn(
        `${path.child("settings").child(key).toString()} has no effect: ${at.toString()} sets ${key}`,
      );
    }
    setKey(config, key, value);
  };
  if (entry.endpoint !== undefined) {
    if (keys.endpoint === undefined) {
      const advice = `provider type ${type} takes no endpoint; its address goes into settings`;
      draft.error(invalid(path.child("endpoint"), entry.endpoint, advice));
    } else set(keys.endpoint, entry.endpoint, path.child("endpoint"));
  }
  if (entry.apiKey !== undefined) {
    const at = path.child("apiKey");
    const value = draft.secrets.use(variableName(id, "API_KEY"), entry.apiKey, at.toString());
    if (keys.apiKey === undefined) {
      draft.error(forbidden(at, `provider type ${type} takes no key; use secretRefs for other secrets`));
    } else set(keys.apiKey, value, at);
  }
  for (const key of Object.keys(entry.secretRefs ?? {}).sort()) {
    const source = entry.secretRefs?.[key];
    if (source === undefined) continue;
    const at = path.child("secretRefs").key(key);
    set(key, draft.secrets.use(variableName(id, key), source, at.toString()), at);
  }
  return config;
}

const literalKeys = { endpoint: "url", apiKey: "api_key" };

/** Settings are passed on as they are; something that looks like a reference to a Secret would reach the server so. */
function warnOfSecrets(value: JsonValue | undefined, at: FieldPath, draft: Draft): void {
  if (Array.isArray(value))
    value.forEach((item, i) => {
      warnOfSecrets(item, at.index(i), draft);
    });
  if (!isObject(value)) return;
  if (isObject(getKey(value, "secretKeyRef"))) {
    draft.warn(
      `${at.toString()} looks like a reference to a Secret, but settings are passed on as they are; use secretRefs`,
    );
  }
  for (const key of Object.keys(value).sort()) warnOfSecrets(getKey(value, key), at.child(key), draft);
}
