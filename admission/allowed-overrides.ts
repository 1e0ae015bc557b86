import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { FieldError } from "../machinery/field/error.ts";
import { forbidden } from "../machinery/field/error.ts";
import { FieldPath } from "../machinery/field/path.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { getKey, isObject } from "../machinery/json/value.ts";

/** Whether the overrides set nothing but what the provider's policy lets them. Values are never echoed. */
export function validateOverridePaths({ spec }: ModelDeployment, provider: InferenceProvider): FieldError[] {
  const allowed = provider.spec.policy?.overridePaths;
  const overrides = spec.provider?.overrides;
  if (allowed === undefined || overrides === undefined) return [];
  const name = provider.metadata.name ?? "";
  const can = allowed.length === 0 ? "none are" : `allowed are ${allowed.join(", ")}`;
  const patterns = allowed.map((path) => path.split("."));
  return outside(overrides, FieldPath.of("spec", "provider", "overrides"), patterns).map((at) =>
    forbidden(at, `is no override that is allowed on provider ${name}; ${can}`),
  );
}

/** The highest places that neither are allowed nor have anything allowed below them. */
function outside(
  value: JsonValue,
  at: FieldPath,
  patterns: readonly (readonly string[])[],
): readonly FieldPath[] {
  if (patterns.some((rest) => rest.length === 0)) return [];
  if (patterns.length === 0) return [at];
  const below = (key: string | undefined): string[][] =>
    patterns.flatMap(([step, ...rest]) =>
      step === "*" || (step === key && key !== undefined) ? [rest] : [],
    );
  if (Array.isArray(value)) return value.flatMap((item, i) => outside(item, at.index(i), below(undefined)));
  // Something simple in the place of what has allowed fields would replace it, those that are not allowed included.
  if (!isObject(value)) return [at];
  return Object.keys(value).flatMap((key) => outside(getKey(value, key) ?? null, at.child(key), below(key)));
}
