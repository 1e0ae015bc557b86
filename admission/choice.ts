import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import { defaultModelDeployment } from "../api/modeldeployment/defaults.ts";
import { engineTypes } from "../api/modeldeployment/enumerations.ts";
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
  /** What admission would say of the deployment, whose engine and provider are set. Pure. */
  readonly assess: (object: ModelDeployment, provider: InferenceProvider) => Assessment;
}

/** How well a provider serves a deployment. */
export interface Assessment {
  readonly errors: readonly FieldError[];
  /** How many fields would have no effect. */
  readonly ignored: number;
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
 * their rules give, then by how few fields they ignore, then by name. When something speaks against each of them, the one with the fewest objections is
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
  for (const way of waysToServe(object, old, providers, { evaluate, assess: context.assess })) {
    const { errors } = way.assessment;
    if (errors.length < fewest) {
      fewest = errors.length;
      best = explain(way, passedOver);
    }
    const [first] = errors;
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
  readonly assessment: Assessment;
  readonly object: ModelDeployment;
  /** All ways to serve the engine on what it needs, this one among them. */
  readonly all: readonly Way[];
}

type Evaluate = (provider: InferenceProvider, object: ModelDeployment) => RuleOutcome;

interface Judges {
  readonly evaluate: Evaluate;
  readonly assess: ChoiceContext["assess"];
}

function* waysToServe(
  object: ModelDeployment,
  old: ModelDeployment | undefined,
  providers: readonly InferenceProvider[],
  { evaluate, assess }: Judges,
): Generator<Way> {
  const { mode } = demandOf(object);
  for (const { engine, need, withEngine } of engineTrials(object, old)) {
    const all: Way[] = [];
    for (const provider of providers) {
      if (!canServe(provider, engine, { mode, need })) continue;
      const named = copyOf(withEngine);
      named.spec.provider = { ...named.spec.provider, name: nameOf(provider) };
      const outcome = evaluate(provider, withEngine);
      all.push({ engine, need, provider, outcome, assessment: assess(named, provider), object: named, all });
    }
    yield* all.sort(byRank);
  }
}

const byRank = (a: Way, b: Way): number =>
  b.outcome.priority - a.outcome.priority ||
  a.assessment.ignored - b.assessment.ignored ||
  compareUtf8(nameOf(a.provider), nameOf(b.provider));

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
  const { need, provider, object } = way;
  const mode = object.spec.serving?.mode ?? "aggregated";
  const how = need === "gpu" ? " on accelerators" : need === "cpu" ? " without accelerators" : "";
  const but = passedOver.length === 0 ? "" : `; passed over: ${passedOver.join(", ")}`;
  return {
    object,
    engineReason: `first engine that can be served ${mode}${how}, by ${nameOf(provider)}${but}`,
    providerReason: `${whyThisProvider(way)}${but}`,
  };
}

function whyThisProvider({ engine, outcome, assessment, all }: Way): string {
  if (all.length === 1) return `the only ready provider that can serve ${engine}`;
  if (outcome.condition !== undefined) {
    return `rule ${JSON.stringify(outcome.condition)} gives priority ${String(outcome.priority)}`;
  }
  const among = `${String(all.length)} providers that can serve ${engine}`;
  return all.some((other) => other.assessment.ignored > assessment.ignored)
    ? `the one that honours most of the spec, of ${among}`
    : `the first by name of ${among}`;
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
