import { createHash } from "node:crypto";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { cloneJson } from "../../../machinery/json/value.ts";
import { encodeYaml } from "../../../machinery/yaml/encode.ts";
import type { Base } from "./base.ts";
import { disableApis } from "./disabled.ts";
import { Draft } from "./draft.ts";
import type { ProviderPackages } from "./external.ts";
import { addExternalProviders } from "./external.ts";
import type { ConfigSpec } from "./input.ts";
import { completeProviders, mergeProviders } from "./merge.ts";
import { registerModels } from "./models.ts";
import type { GenerationOptions } from "./options.ts";
import { defaultOptions } from "./options.ts";
import { checkProviders } from "./provider-ids.ts";
import { expandProviders } from "./providers.ts";
import { pruneReferences } from "./prune.ts";
import type { Failure, Generated } from "./result.ts";
import { configureServer } from "./server.ts";
import { registerShields } from "./shields.ts";
import { configureStorage } from "./storage.ts";
import { unpackedNames } from "./startup.ts";
import { registerTools } from "./tools.ts";
import { neededVariables } from "./variables.ts";

/**
 * The configuration of a Llama Stack server from a spec and the base configuration of its distribution. A pure
 * function: no clock, no input or output, no Secret's value; equal input gives equal bytes. One module per step.
 */

/** What the spec makes of the base, or everything that is wrong with it; `packages` is what external images say. */
export function generateConfig(
  spec: ConfigSpec,
  base: Base,
  options: GenerationOptions = defaultOptions,
  packages: ProviderPackages = new Map(),
): Generated | Failure {
  const draft = new Draft(cloneJson(base.config), base.shape, options);
  for (const error of checkProviders(spec)) draft.error(error);
  mergeProviders(expandProviders(spec, draft), draft);
  completeProviders(draft);
  addExternalProviders(spec, draft, packages);
  disableApis(spec, draft);
  registerModels(spec, draft);
  registerTools(spec, draft);
  registerShields(spec, draft);
  configureStorage(spec, draft);
  configureServer(spec, draft);
  pruneReferences(draft);
  draft.config["version"] = base.version;
  for (const error of draft.secrets.errors) draft.error(error);
  if (draft.errors.length > 0) {
    return { reason: draft.reason, errors: draft.errors, warnings: draft.warnings };
  }
  return finished(spec, draft, base.version);
}

function finished(spec: ConfigSpec, draft: Draft, version: number): Generated {
  const yaml = encodeYaml(draft.config);
  const set = new Set((spec.workload?.overrides?.env ?? []).map(({ name }) => name));
  const { models = [], tools = [], shields = [] } = spec.resources ?? {};
  return {
    yaml,
    hash: contentHash(yaml),
    env: draft.secrets.variables(set),
    secrets: draft.secrets.all,
    unpack: draft.unpack,
    needs: needsOf(draft, set),
    providerCount: countProviders(draft),
    resourceCount: models.length + tools.length + shields.length,
    configVersion: version,
    warnings: [...draft.warnings, ...overridden(draft, set)],
  };
}

/** SHA-256 of a configuration's text, in hex. */
export const contentHash = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

/** The hash of a base as status reports it. */
export const baseHash = (base: Base): string => `sha256:${contentHash(encodeYaml(base.config))}`;

/** The name of the ConfigMap a configuration goes into. */
export const configMapName = (name: string, hash: string): string => `${name}-config-${hash.slice(0, 8)}`;

/** What is neither given by a Secret, worked out of one nor set by the user. */
function needsOf(draft: Draft, set: ReadonlySet<string>): readonly string[] {
  const known = new Set([...set, ...draft.secrets.names, ...unpackedNames(draft.unpack)]);
  return neededVariables(draft.config, known).filter((name) => !known.has(name));
}

function countProviders(draft: Draft): number {
  const all: JsonObject = draft.section("providers");
  return Object.keys(all).reduce((count, api) => count + draft.providers(api).length, 0);
}

const overridden = (draft: Draft, set: ReadonlySet<string>): string[] =>
  draft.secrets.names
    .filter((name) => set.has(name))
    .map(
      (name) => `spec.workload.overrides.env sets ${name}, which counts instead of the Secret named for it`,
    );
