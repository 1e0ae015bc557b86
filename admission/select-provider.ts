import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { EngineType, ModelDeploymentSpec } from "../api/modeldeployment/v1alpha2/types.ts";
import { compareUtf8 } from "../machinery/json/encode.ts";
import type { Demand } from "./capabilities.ts";
import { canServe, hasNeededImage } from "./capabilities.ts";
import type { RuleError, SelectionRules } from "./selection-rules.ts";

export interface ProviderChoice {
  readonly name: string;
  readonly reason: string;
}

export interface ProviderSelection {
  readonly spec: ModelDeploymentSpec;
  readonly engine: EngineType;
  readonly demand: Demand;
  readonly rules: SelectionRules;
  readonly onRuleErrors: (provider: string, errors: readonly RuleError[]) => void;
}

/**
 * The provider of the highest priority among those that can serve the engine; ties go to the smaller name. Rules only
 * raise priorities, they never exclude. The order of the list does not count.
 */
export function selectProvider(
  providers: readonly InferenceProvider[],
  { spec, engine, demand, rules, onRuleErrors }: ProviderSelection,
): ProviderChoice | undefined {
  const able = providers.filter((provider) => canServe(provider, engine, demand));
  const equipped = able.filter((provider) => hasNeededImage(provider, engine, demand));
  const candidates = (equipped.length > 0 ? equipped : able)
    .map((provider) => {
      const name = provider.metadata.name ?? "";
      const outcome = rules.evaluate(provider.spec.selectionRules ?? [], spec);
      onRuleErrors(name, outcome.errors);
      return { name, outcome };
    })
    .sort((a, b) => b.outcome.priority - a.outcome.priority || compareUtf8(a.name, b.name));
  const [best, next] = candidates;
  if (best === undefined) return undefined;
  const { priority, condition } = best.outcome;
  const why =
    next === undefined
      ? `the only ready provider that can serve ${engine}`
      : condition === undefined
        ? `the first by name of ${String(candidates.length)} providers that can serve ${engine}`
        : `rule ${JSON.stringify(condition)} gives priority ${String(priority)}`;
  return { name: best.name, reason: why };
}
