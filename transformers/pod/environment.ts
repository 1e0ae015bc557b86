import type { EnvVar, ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";

/** Where engines look for the Hugging Face token, and its key in a Secret. */
export const tokenVariable = "HF_TOKEN";

/**
 * Environment of the engine container: the token first, then what the user set, then defaults of the provider for names
 * the user did not set. Variables may refer to earlier ones, so the user's order is kept.
 */
export function environment(
  { spec }: ModelDeployment,
  defaults: Readonly<Record<string, string>>,
  findings?: Findings,
): JsonObject[] {
  const secret = spec.model.tokenSecretRef;
  const given = spec.workload?.env ?? [];
  const names = new Set(given.map(({ name }) => name));
  if (secret !== undefined && names.has(tokenVariable)) {
    findings?.unsupportedField(
      `spec.workload.env[${String(given.findIndex(({ name }) => name === tokenVariable))}]`,
      `spec.model.tokenSecretRef sets ${tokenVariable}`,
    );
  }
  const own = given.filter(({ name }) => secret === undefined || name !== tokenVariable).map(asEnv);
  const rest = Object.entries(defaults)
    .filter(([name]) => !names.has(name))
    .map(([name, value]) => ({ name, value }));
  return [...tokenEnvironment({ spec }), ...own, ...rest];
}

/** The variable with the token, when there is one. */
export function tokenEnvironment({ spec }: Pick<ModelDeployment, "spec">): JsonObject[] {
  const secret = spec.model.tokenSecretRef;
  if (secret === undefined) return [];
  const secretKeyRef = { name: secret.name, key: secret.key ?? tokenVariable };
  return [{ name: tokenVariable, valueFrom: { secretKeyRef } }];
}

/**
 * Environment of what stands beside the engine and reads the model's files, too: token, proxies, addresses of hubs. What
 * refers to the engine's own pod is left out.
 */
export function helperEnvironment({ spec }: Pick<ModelDeployment, "spec">): JsonObject[] {
  const token = tokenEnvironment({ spec });
  const own = (spec.workload?.env ?? [])
    .filter(({ name }) => token.length === 0 || name !== tokenVariable)
    .filter(({ valueFrom }) => {
      const { fieldRef, resourceFieldRef, fileKeyRef } = valueFrom ?? {};
      return fieldRef === undefined && resourceFieldRef === undefined && fileKeyRef === undefined;
    });
  return [...token, ...own.map(asEnv)];
}

const asEnv = (variable: EnvVar): JsonObject => cloneJson<JsonObject>(variable);
