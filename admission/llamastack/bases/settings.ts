import { isObject } from "../../../machinery/json/value.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { dns1123Subdomain } from "../../../machinery/names/names.ts";
import { decodeYaml, YamlSyntaxError } from "../../../machinery/yaml/decode.ts";
import type { AccessTo, RegistryAccess } from "../../../cluster/registry/hosts.ts";
import { canonicalRegistry } from "../../../cluster/registry/reference.ts";
import { problemsOfOverrides } from "../../../transformers/llamastack/distributions/image.ts";

/**
 * What an administrator says about distributions: the data of one ConfigMap. An entry that cannot be used has no effect
 * and is reported; the others hold.
 */
export interface DistributionSettings {
  /** Images in the place of named distributions' own. */
  readonly imageOverrides: Readonly<Record<string, string>>;
  /** How registries are reached; undefined for one that is not asked. */
  readonly accessOf: (registry: string) => RegistryAccess | undefined;
  /** How a host is reached that a registry leads to; one that is not listed as every host is. */
  readonly accessTo: AccessTo;
  /** Whether the pull secrets of a server's ServiceAccount are read to ask for its image. */
  readonly usesPullSecrets: boolean;
  /** Where the hosts of exposed servers are that name none of their own. */
  readonly exposeDomain?: string;
}

export interface ReadSettings {
  readonly settings: DistributionSettings;
  readonly problems: readonly string[];
}

/** The keys of the ConfigMap. */
export const settingsKeys = {
  imageOverrides: "image-overrides",
  registries: "registries",
  pullSecrets: "pull-secrets",
  exposeDomain: "expose-domain",
} as const;

/** What holds without a ConfigMap: images as they are, every public registry over HTTPS, no secrets. */
export const defaultSettings: DistributionSettings = {
  imageOverrides: {},
  accessOf: () => ({}),
  accessTo: () => ({}),
  usesPullSecrets: false,
};

/** Reads the data of the ConfigMap. */
export function readSettings(data: Readonly<Record<string, string>>): ReadSettings {
  const problems: string[] = [];
  const own = (key: string): string => (Object.hasOwn(data, key) ? (data[key] ?? "") : "");
  const overrides = mapping(own(settingsKeys.imageOverrides), settingsKeys.imageOverrides, problems) ?? {};
  const imageOverrides = textsOf(overrides, problems);
  problems.push(...problemsOfOverrides(imageOverrides));
  const registries = mapping(own(settingsKeys.registries), settingsKeys.registries, problems);
  const known = Object.hasOwn(data, settingsKeys.registries)
    ? accessMap(registries ?? {}, problems)
    : undefined;
  const pullSecrets = own(settingsKeys.pullSecrets).trim();
  if (!["", "true", "false"].includes(pullSecrets)) {
    problems.push(`${settingsKeys.pullSecrets}: ${JSON.stringify(pullSecrets)} is neither true nor false`);
  }
  const exposeDomain = domain(own(settingsKeys.exposeDomain).trim(), problems);
  return {
    settings: {
      imageOverrides,
      ...(exposeDomain === undefined ? {} : { exposeDomain }),
      accessOf: (registry) => (known === undefined ? {} : (known.get(registry) ?? known.get("*"))),
      accessTo: (host) => known?.get(host) ?? known?.get("*") ?? {},
      usesPullSecrets: pullSecrets === "true",
    },
    problems,
  };
}

/** With the first part of a host and a dot before it, the longest there may be. */
const maxDomain = 253 - 64;

/** A domain; nothing for no text, and for one that is not a domain, which is reported. */
function domain(text: string, problems: string[]): string | undefined {
  if (text === "") return undefined;
  const faults = dns1123Subdomain(text);
  if (text.length > maxDomain) faults.push(`must be no more than ${maxDomain} characters`);
  if (faults.length === 0) return text;
  problems.push(`${settingsKeys.exposeDomain}: ${JSON.stringify(text)} is no domain: ${faults.join("; ")}`);
  return undefined;
}

/** A YAML mapping; nothing for no text, and for one that is not a mapping, which is reported. */
function mapping(text: string, key: string, problems: string[]): JsonObject | undefined {
  if (text.trim() === "") return undefined;
  try {
    const { value } = decodeYaml(text);
    if (isObject(value)) return value;
    problems.push(`${key}: is not a mapping`);
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    problems.push(`${key}: ${error.message}`);
  }
  return undefined;
}

function textsOf(overrides: JsonObject, problems: string[]): Record<string, string> {
  const texts: [string, string][] = [];
  for (const [name, image] of Object.entries(overrides)) {
    if (typeof image === "string") texts.push([name, image]);
    else problems.push(`image override for ${JSON.stringify(name)}: is not a text`);
  }
  return Object.fromEntries(texts);
}

function accessMap(registries: JsonObject, problems: string[]): ReadonlyMap<string, RegistryAccess> {
  const known = new Map<string, RegistryAccess>();
  for (const [host, value] of Object.entries(registries)) {
    const access = accessFrom(value);
    if (access === undefined) {
      problems.push(
        `${settingsKeys.registries}: ${JSON.stringify(host)}: takes ca, a PEM text, and insecure, true or false`,
      );
      // A star names nobody, so it says nothing about where somebody is.
    } else known.set(canonicalRegistry(host), host === "*" ? access : { ...access, isListed: true });
  }
  return known;
}

function accessFrom(value: JsonValue): RegistryAccess | undefined {
  if (value === null) return {};
  if (!isObject(value)) return undefined;
  const { ca, insecure, ...others } = value;
  const isKnown = Object.keys(others).length === 0;
  if (!isKnown || (ca !== undefined && typeof ca !== "string")) return undefined;
  if (insecure !== undefined && typeof insecure !== "boolean") return undefined;
  return { ...(ca === undefined ? {} : { ca }), ...(insecure === true ? { insecure } : {}) };
}
