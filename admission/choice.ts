import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import { defaultModelDeployment } from "../api/modeldeployment/defaults.ts";
import { engineTypes } from "../api/modeldeployment/parts.ts";
import type { EngineType, ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { FieldError } from "../machinery/field/error.ts";
import { compareUtf8 } from "../machinery/json/encode.ts";
import type { JsonObject } from "../machinery/json/value.ts";
import { cloneJson } from "../machinery/json/value.ts";
import type { Need } from "./capabilities.ts";
import { canServe, demandOf } from "./capabilities.ts";
import type { RuleError, RuleOutcome, SelectionRules } from "./selection-rules.ts";

/** What a choice depends on beside the object and the providers. */
export interface ChoiceContext {
  readonly rules: SelectionRules;
  /** Told the rules that failed of every provider that was considered; empty when all worked. */
  readonly onRuleErrors: (provider: string, errors: readonly RuleError[]) => void;
  /** What admission would refuse of the deployment, whose engine and provider are set. Pure. */
  readonly objections: (object: ModelDeployment, provider: InferenceProvider) => readonly FieldError[];
}

/** One way to serve a deployment. */
export interface Choice {
  /** A copy of the deployment with engine and provider, and what is defaulted because of them. */
  readonly object: ModelDeployment;
  readonly engineReason: string;
  readonly providerReason: string;
}

/**
 * Tries every way to serve the deployment in a fixed order and takes the first that nothing speaks against: without
 * accelerators before with, when nothing is said about resources; engines in their order; providers by the priority
 * their rules give, then by name. When something speaks against each of them, the one with the fewest objections is
 * taken, because they tell the user what is missing. The order of the list does not count.
 */
export function choose(
  object: ModelDeployment,
  old: ModelDeployment | undefined,
  providers: readonly InferenceProvider[],
  context: ChoiceContext,
): Choice | undefined {
  const failures = new RuleFailures();
  const passedOver: string[] = [];
  let best: Choice | undefined;
  let fewest = Infinity;
  const evaluate: Evaluate = (provider, { spec }) =>
    failures.note(provider, context.rules.evaluate(provider.spec.selectionRules ?? [], spec));
  for (const way of waysToServe(object, old, providers, evaluate)) {
    const objections = context.objections(way.object, way.provider);
    if (objections.length < fewest) {
      fewest = objections.length;
      best = explain(way, passedOver);
    }
    const [first] = objections;
    if (first === undefined) break;
    passedOver.push(`${way.engine} by ${nameOf(way.provider)} (${first.path})`);
  }
  failures.report(context.onRuleErrors);
  return best;
}

interface Way {
  readonly engine: EngineType;
  readonly need: Need;
  readonly provider: InferenceProvider;
  readonly outcome: RuleOutcome;
  readonly object: ModelDeployment;
  /** How many providers can serve the engine on what it needs. */
  readonly able: number;
}

type Evaluate = (provider: InferenceProvider, object: ModelDeployment) => RuleOutcome;

function* waysToServe(
  object: ModelDeployment,
  old: ModelDeployment | undefined,
  providers: readonly InferenceProvider[],
  evaluate: Evaluate,
): Generator<Way> {
  for (const { engine, need, withEngine } of engineTrials(object, old)) {
    const { mode } = demandOf(object);
    const able = providers.filter((provider) => canServe(provider, engine, { mode, need }));
    const ranked = able
      .map((provider) => ({ provider, outcome: evaluate(provider, withEngine) }))
      .sort(
        (a, b) =>
          b.outcome.priority - a.outcome.priority || compareUtf8(nameOf(a.provider), nameOf(b.provider)),
      );
    for (const { provider, outcome } of ranked) {
      const named = copyOf(withEngine);
      named.spec.provider = { ...named.spec.provider, name: nameOf(provider) };
      yield { engine, need, provider, outcome, object: named, able: able.length };
    }
  }
}

interface EngineTrial {
  readonly engine: EngineType;
  readonly need: Need;
  readonly withEngine: ModelDeployment;
}

/** The deployment with its engine, or else with each there is. */
function* engineTrials(object: ModelDeployment, old: ModelDeployment | undefined): Generator<EngineTrial> {
  const { need } = demandOf(object);
  const given = object.spec.engine?.type;
  if (given !== undefined) {
    yield { engine: given, need, withEngine: object };
    return;
  }
  const needs: readonly Need[] = need === "any" ? ["cpu", "gpu"] : [need];
  for (const tried of needs) {
    for (const engine of engineTypes) {
      const withEngine = copyOf(object);
      withEngine.spec.engine = { ...withEngine.spec.engine, type: engine };
      // One accelerator is the default of an engine that needs one.
      if (tried === "gpu") defaultModelDeployment(withEngine, old);
      yield { engine, need: tried, withEngine };
    }
  }
}

function explain(way: Way, passedOver: readonly string[]): Choice {
  const { engine, need, provider, outcome, object, able } = way;
  const mode = object.spec.serving?.mode ?? "aggregated";
  const how = need === "gpu" ? " on accelerators" : need === "cpu" ? " without accelerators" : "";
  const but = passedOver.length === 0 ? "" : `; passed over: ${passedOver.join(", ")}`;
  const why =
    able === 1
      ? `the only ready provider that can serve ${engine}`
      : outcome.condition === undefined
        ? `the first by name of ${String(able)} providers that can serve ${engine}`
        : `rule ${JSON.stringify(outcome.condition)} gives priority ${String(outcome.priority)}`;
  return {
    object,
    engineReason: `first engine that can be served ${mode}${how}, by ${nameOf(provider)}${but}`,
    providerReason: `${why}${but}`,
  };
}

/** Failing rules by provider and index, over all the engines that were tried. */
class RuleFailures {
  readonly #failures = new Map<string, Map<number, RuleError>>();

  note(provider: InferenceProvider, outcome: RuleOutcome): RuleOutcome {
    const known = this.#failures.get(nameOf(provider)) ?? new Map<number, RuleError>();
    for (const error of outcome.errors) known.set(error.index, error);
    this.#failures.set(nameOf(provider), known);
    return outcome;
  }

  report(to: ChoiceContext["onRuleErrors"]): void {
    for (const [name, errors] of this.#failures) to(name, [...errors.values()]);
  }
}

const nameOf = (provider: InferenceProvider): string => provider.metadata.name ?? "";

const copyOf = (object: ModelDeployment): ModelDeployment =>
  cloneJson(object as unknown as JsonObject) as unknown as ModelDeployment;
