import type { JsonObject } from "../../../machinery/json/value.ts";
import { getKey, isObject } from "../../../machinery/json/value.ts";
import { resourceOf } from "./dependencies.ts";
import type { Draft } from "./draft.ts";
import { literalId } from "./draft.ts";

/** Takes out what refers to providers that are gone: the server does not start with a reference that leads nowhere. */
export function pruneReferences(draft: Draft): void {
  for (const [api, kind] of Object.entries(resourceOf)) pruneRegistered(api, kind, draft);
  pruneVectorStores(draft);
  pruneShield(draft);
}

function pruneRegistered(api: string, kind: string, draft: Draft): void {
  const entries = draft.registered(kind);
  if (entries.length === 0) return;
  const ids = draft.providerIds(api);
  const kept = entries.filter((entry) => {
    const provider = getKey(entry, "provider_id");
    return provider === undefined || ids.includes(literalId(provider));
  });
  if (kept.length === entries.length) return;
  for (const entry of entries.filter((candidate) => !kept.includes(candidate))) {
    const name = literalId(getKey(entry, idKeys[kind] ?? "id"));
    warnGone(draft, `registered_resources.${kind} ${name}`, literalId(getKey(entry, "provider_id")));
  }
  draft.setRegistered(kind, kept);
}

const idKeys: Readonly<Record<string, string>> = {
  models: "model_id",
  shields: "shield_id",
  tool_groups: "toolgroup_id",
  vector_stores: "vector_store_id",
  benchmarks: "benchmark_id",
  scoring_fns: "scoring_fn_id",
  datasets: "dataset_id",
};

function warnGone(draft: Draft, what: string, provider: string): void {
  draft.warn(`${what} of the distribution is left out: its provider ${provider} is not configured any more`);
}

function pruneVectorStores(draft: Draft): void {
  const section = getKey(draft.config, "vector_stores");
  if (!isObject(section)) return;
  const provider = getKey(section, "default_provider_id");
  if (provider !== undefined && !draft.providerIds("vector_io").includes(literalId(provider))) {
    Reflect.deleteProperty(section, "default_provider_id");
    warnGone(draft, "vector_stores.default_provider_id", literalId(provider));
  }
  for (const key of ["default_embedding_model", "default_reranker_model"]) pruneModel(section, key, draft);
  if (Object.keys(section).length === 0) Reflect.deleteProperty(draft.config, "vector_stores");
}

function pruneModel(section: JsonObject, key: string, draft: Draft): void {
  const model = getKey(section, key);
  if (!isObject(model)) return;
  const provider = literalId(getKey(model, "provider_id"));
  if (draft.providerIds("inference").includes(provider)) return;
  Reflect.deleteProperty(section, key);
  warnGone(draft, `vector_stores.${key}`, provider);
}

function pruneShield(draft: Draft): void {
  const section = getKey(draft.config, "safety");
  if (!isObject(section)) return;
  const shield = getKey(section, "default_shield_id");
  if (shield === undefined) return;
  const ids = draft.registered("shields").map((entry) => literalId(getKey(entry, "shield_id")));
  if (ids.includes(literalId(shield))) return;
  Reflect.deleteProperty(section, "default_shield_id");
  draft.warn(
    `safety.default_shield_id ${literalId(shield)} of the distribution is left out: no such shield is registered`,
  );
  if (Object.keys(section).length === 0) Reflect.deleteProperty(draft.config, "safety");
}
