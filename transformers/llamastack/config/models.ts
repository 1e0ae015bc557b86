import { invalid, notFoundValue, required } from "../../../machinery/field/error.ts";
import { FieldPath } from "../../../machinery/field/path.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { getKey } from "../../../machinery/json/value.ts";
import type { Draft } from "./draft.ts";
import { conditionOf, literalId } from "./draft.ts";
import type { ConfigSpec, ModelEntry } from "./input.ts";
import { mergeRegistered } from "./registered.ts";
import { typeOf } from "./shape.ts";

/** Registers the spec's models, each with its provider: the server asks for one as soon as there are several. */
export function registerModels(spec: ConfigSpec, draft: Draft): void {
  const models = spec.resources?.models ?? [];
  if (models.length === 0) return;
  const known = draft.providerIds("inference");
  const entries: JsonObject[] = [];
  models.forEach((model, i) => {
    const path = FieldPath.of("spec", "resources", "models").index(i);
    const provider = model.provider ?? defaultProvider(draft);
    if (provider === undefined) {
      const detail =
        "no inference provider is sure to run; name one here or add one to spec.providers.inference";
      draft.error(required(path.child("provider"), detail), "MissingProviderForResource");
      return;
    }
    if (!known.includes(provider)) {
      const detail = `no inference provider has this id; there are ${[...known].sort().join(", ") || "none"}`;
      draft.error(notFoundValue(path.child("provider"), provider, detail));
      return;
    }
    warnOfCondition(spec, provider, path, draft);
    if (checkType(model, path, draft)) entries.push(modelOf(model, provider));
  });
  mergeRegistered("models", "model_id", entries, draft);
}

/** The spec's first inference provider, or else the first of the base that runs in any case. */
function defaultProvider(draft: Draft): string | undefined {
  const [given] = draft.given.get("inference") ?? [];
  if (given !== undefined) return given;
  const sure = draft
    .providers("inference")
    .filter((entry) => conditionOf(getKey(entry, "provider_id")) === undefined)
    .find((entry) => typeOf(entry).startsWith("remote::"));
  return sure === undefined ? undefined : literalId(getKey(sure, "provider_id"));
}

/** A provider of the base may be there only while a variable is set. */
function warnOfCondition(spec: ConfigSpec, provider: string, path: FieldPath, draft: Draft): void {
  const entry = draft.providers("inference").find((candidate) => {
    return literalId(getKey(candidate, "provider_id")) === provider;
  });
  const variable = entry === undefined ? undefined : conditionOf(getKey(entry, "provider_id"));
  if (variable === undefined) return;
  if ((spec.workload?.overrides?.env ?? []).some(({ name }) => name === variable)) return;
  draft.warn(
    `${path.toString()}: provider ${provider} of the distribution runs only when ${variable} is set; ` +
      "set it in spec.workload.overrides.env, or the server does not start",
  );
}

/** Without a known dimension the server does not start, and nothing in the spec says it. */
function checkType(model: ModelEntry, path: FieldPath, draft: Draft): boolean {
  if (model.modelType !== "embedding" || draft.options.profile === "spec") return true;
  const registered = draft.registered("models").find((entry) => getKey(entry, "model_id") === model.name);
  if (registered !== undefined) return true;
  const detail =
    "the server needs the dimension of an embedding model, which has no field here; " +
    "use the embedding model of the distribution, or spec.overrideConfig";
  draft.error(invalid(path.child("modelType"), "embedding", detail));
  return false;
}

function modelOf(model: ModelEntry, provider: string): JsonObject {
  const metadata: JsonObject = {};
  if (model.contextLength !== undefined) metadata["context_length"] = model.contextLength;
  if (model.quantization !== undefined) metadata["quantization"] = model.quantization;
  return { model_id: model.name, provider_id: provider, model_type: model.modelType ?? "llm", metadata };
}
