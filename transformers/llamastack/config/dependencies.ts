import type { JsonObject } from "../../../machinery/json/value.ts";
import { getKey, isObject } from "../../../machinery/json/value.ts";
import { objectsOf, typeOf } from "./shape.ts";

/** What the server's APIs need of each other: one that lacks what it needs keeps the server from starting. */

const byApi: Readonly<Record<string, readonly string[]>> = {
  agents: ["inference", "vector_io", "tool_runtime", "files"],
  responses: ["inference", "vector_io", "tool_runtime", "files"],
  vector_io: ["inference"],
  batches: ["inference", "files"],
  eval: ["datasetio", "scoring", "inference"],
  scoring: ["datasetio"],
  file_processors: ["files"],
  post_training: ["datasetio"],
};

/** Some need more, or anything at all, only with certain providers. */
const byType: Readonly<Record<string, readonly string[]>> = {
  "inline::llama-guard": ["inference"],
  "inline::rag-runtime": ["vector_io", "inference", "files"],
  "inline::file-search": ["vector_io", "inference", "files"],
  "inline::llm-as-judge": ["inference"],
};

const ownRow = (table: Readonly<Record<string, readonly string[]>>, key: string): readonly string[] =>
  Object.hasOwn(table, key) ? (table[key] ?? []) : [];

/** The APIs that an API with these providers needs. */
export function dependenciesOf(api: string, config: JsonObject): readonly string[] {
  const providers = getKey(config, "providers");
  const entries = objectsOf(isObject(providers) ? getKey(providers, api) : undefined);
  const needs = entries.flatMap((entry) => ownRow(byType, typeOf(entry)));
  // The evaluation API runs what it evaluates.
  const agents = api === "eval" ? ["agents", "responses"].filter((name) => serves(config, name)) : [];
  return [...new Set([...ownRow(byApi, api), ...needs, ...agents])];
}

const serves = (config: JsonObject, api: string): boolean => {
  const providers = getKey(config, "providers");
  return isObject(providers) && objectsOf(getKey(providers, api)).length > 0;
};

/** The kind of registered resource that goes with an API. */
export const resourceOf: Readonly<Record<string, string>> = {
  inference: "models",
  safety: "shields",
  tool_runtime: "tool_groups",
  vector_io: "vector_stores",
  eval: "benchmarks",
  scoring: "scoring_fns",
  datasetio: "datasets",
};
