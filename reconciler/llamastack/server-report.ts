/** What a Llama Stack server says about itself, in a form that may be shown. Pure. */
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { equalJson, getKey, getPath, isObject } from "../../machinery/json/value.ts";
import { textAt } from "../../transformers/observed.ts";

/** A provider as the server lists it, and as status has it. */
export interface ProviderReport {
  readonly api: string;
  readonly provider_id: string;
  readonly provider_type: string;
  readonly config: JsonObject;
  readonly health: { readonly status: string; readonly message: string };
}

export interface ServerReport {
  readonly health: "passed" | "failed" | "unknown";
  readonly message: string;
  /** Absent when it could not be found out. */
  readonly version?: string;
  readonly providers: readonly ProviderReport[];
}

const maxProviders = 200;
const maxMessage = 256;
/** What stands in the place of a value that may have come from a Secret. */
const hidden = "********";
const sensitive = /key|token|passw|secret|credential|auth|connection|dsn|private|cert/i;

/**
 * The providers of an answer of `/v1/providers`. A server resolves the variables in its configuration before it shows
 * it, so of each provider's configuration only what the generated one says literally is kept; anything else could be a
 * Secret's value, and so could what stands under a telling key.
 */
export function providersOf(answer: unknown, generated: JsonValue | undefined): readonly ProviderReport[] {
  const data = isObject(answer) ? getPath(answer, "data") : undefined;
  if (!Array.isArray(data)) return [];
  return data
    .filter(isObject)
    .slice(0, maxProviders)
    .map((provider) => {
      const api = textAt(provider, "api");
      const id = textAt(provider, "provider_id");
      return {
        api,
        provider_id: id,
        provider_type: textAt(provider, "provider_type"),
        config: shown(getKey(provider, "config"), declaredConfig(generated, api, id)),
        health: healthOf(textAt(provider, "health", "status")),
      };
    });
}

/** The states a provider can be in; servers have no others. */
const healthStates = ["OK", "Error", "Not Implemented"];

/**
 * What a provider says about its health is what somebody else has answered it, who may quote what he was shown: of that
 * nothing is copied.
 */
function healthOf(status: string): ProviderReport["health"] {
  if (status === "") return { status, message: "" };
  const known = healthStates.includes(status) ? status : "Unknown";
  return { status: known, message: known === "Error" ? "the log of the server says why" : "" };
}

/** The version in an answer of `/v1/version`, where it looks like one. */
export function versionIn(answer: JsonValue | undefined): string | undefined {
  const version = textAt(answer, "version");
  return /^v?\d+(?:\.\d+){0,3}(?:[-+.]?[a-z0-9]{1,12}){0,4}$/i.test(version) ? version : undefined;
}

/**
 * Text without what may be a credential, and not too long: users and passwords of URLs, what follows a word such as
 * "key", and long words of letters and digits. Servers quote such things when somebody else refuses them.
 */
export const withoutCredentials = (text: string): string =>
  text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, `$1${hidden}@`)
    .replace(/\b(\w*(?:key|token|password|secret|credential)s?\b[^:=\n]{0,40}[:=]\s*)\S+/gi, `$1${hidden}`)
    .replace(/\b(?=[\w+=-]*\d)(?=[\w+=-]*[a-z])[\w+=-]{16,}/gi, hidden)
    .slice(0, maxMessage);

/** What the generated configuration says about a provider. */
function declaredConfig(generated: JsonValue | undefined, api: string, id: string): JsonValue | undefined {
  const list = getPath(generated, "providers", api);
  const found = Array.isArray(list)
    ? list.filter(isObject).find((entry) => getKey(entry, "provider_id") === id)
    : undefined;
  return found === undefined ? undefined : getKey(found, "config");
}

/** The keys the server names, each with its value where that is no secret. */
function shown(config: JsonValue | undefined, declared: JsonValue | undefined): JsonObject {
  if (!isObject(config) || !isObject(declared)) return {};
  const entries = Object.entries(config).flatMap(([key, value]): [string, JsonValue][] => {
    const said = getKey(declared, key);
    // A key nobody wrote down is a default of the server's: nothing to learn from, and nothing to be sure of.
    if (said === undefined) return [];
    if (sensitive.test(key)) return [[key, hidden]];
    if (isObject(value) && isObject(said)) return [[key, shown(value, said)]];
    return [[key, isLiteral(said) && equalJson(said, value) ? value : hidden]];
  });
  return Object.fromEntries(entries);
}

/** Whether nothing in the value is resolved by the server, and nothing in it has a telling key. */
function isLiteral(value: JsonValue): boolean {
  if (typeof value === "string") return !value.includes("${") && withoutCredentials(value) === value;
  if (Array.isArray(value)) return value.every(isLiteral);
  if (!isObject(value)) return true;
  return Object.entries(value).every(([key, child]) => !sensitive.test(key) && isLiteral(child));
}
