import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../../machinery/json/value.ts";
import { apiNames } from "../config/apis.ts";
import { readBase } from "../config/base.ts";
import { dependenciesOf, resourceOf } from "../config/dependencies.ts";
import { literalId } from "../config/draft.ts";
import { isFailure } from "../config/result.ts";
import { apisOf, objectsOf } from "../config/shape.ts";

/** Everything in a base configuration that would keep its server from starting. */
export function problemsOfBase(value: JsonObject): string[] {
  const base = readBase(value, "base");
  if (isFailure(base)) return base.errors.map(({ detail }) => detail);
  return [...apiProblems(value), ...referenceProblems(value), ...backendProblems(value)];
}

const idsOf = (config: JsonObject, api: string): string[] =>
  objectsOf(getPath(config, "providers", api)).map((entry) => literalId(getKey(entry, "provider_id")));

function apiProblems(config: JsonObject): string[] {
  const apis = apisOf(config);
  const providers = getKey(config, "providers");
  const configured = isObject(providers) ? Object.keys(providers) : [];
  const known: readonly string[] = apiNames;
  return [
    ...apis.filter((api) => !known.includes(api)).map((api) => `${api} is no API of the server`),
    ...apis.filter((api) => idsOf(config, api).length === 0).map((api) => `${api} has no provider`),
    ...configured.filter((api) => !apis.includes(api)).map((api) => `${api} has providers and is not served`),
    ...apis.flatMap((api) =>
      dependenciesOf(api, config)
        .filter((need) => !apis.includes(need))
        .map((need) => `${api} needs ${need}`),
    ),
    ...apis.flatMap((api) => {
      const ids = idsOf(config, api);
      return ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `${api} has two providers ${id}`);
    }),
  ];
}

function referenceProblems(config: JsonObject): string[] {
  const problems: string[] = [];
  const expect = (api: string, id: JsonValue | undefined, what: string): void => {
    if (!idsOf(config, api).includes(literalId(id)))
      problems.push(`${what} names provider ${literalId(id)} of ${api}`);
  };
  for (const [api, kind] of Object.entries(resourceOf)) {
    const entries = objectsOf(getPath(config, "registered_resources", kind));
    entries.forEach((entry, i) => {
      expect(api, getKey(entry, "provider_id"), `registered_resources.${kind}[${i}]`);
    });
  }
  const stores = getKey(config, "vector_stores");
  if (isObject(stores)) {
    expect("vector_io", getKey(stores, "default_provider_id"), "vector_stores.default_provider_id");
    const model = getPath(stores, "default_embedding_model", "provider_id");
    expect("inference", model, "vector_stores.default_embedding_model");
  }
  const shield = getPath(config, "safety", "default_shield_id");
  const shields = objectsOf(getPath(config, "registered_resources", "shields"));
  if (shield !== undefined && !shields.some((entry) => getKey(entry, "shield_id") === shield)) {
    problems.push("safety.default_shield_id names a shield that is not registered");
  }
  return problems;
}

/** Every `backend: name` anywhere has to name a backend. */
function backendProblems(config: JsonObject): string[] {
  const backends = getPath(config, "storage", "backends");
  const names = isObject(backends) ? Object.keys(backends) : [];
  const problems: string[] = [];
  const visit = (value: JsonValue, path: string): void => {
    if (Array.isArray(value))
      value.forEach((item, i) => {
        visit(item, `${path}[${i}]`);
      });
    if (!isObject(value)) return;
    for (const [key, child] of Object.entries(value)) {
      if (key === "backend" && typeof child === "string" && !names.includes(child)) {
        problems.push(`${path}.${key} names no backend`);
      }
      visit(child, path === "" ? key : `${path}.${key}`);
    }
  };
  visit(config, "");
  return problems;
}
