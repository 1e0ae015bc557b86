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
  const token: JsonObject[] =
    secret === undefined
      ? []
      : [
          {
            name: tokenVariable,
            valueFrom: { secretKeyRef: { name: secret.name, key: secret.key ?? tokenVariable } },
          },
        ];
  const own = given.filter(({ name }) => secret === undefined || name !== tokenVariable).map(asEnv);
  const rest = Object.entries(defaults)
    .filter(([name]) => !names.has(name))
    .map(([name, value]) => ({ name, value }));
  return [...token, ...own, ...rest];
}

const asEnv = (variable: EnvVar): JsonObject => cloneJson<JsonObject>(variable);
