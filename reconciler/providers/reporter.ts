/**
 * Keeps the built-in InferenceProviders: creates them, and says once a minute, and whenever something changes, whether each
 * can take deployments now. Nothing else writes their status, but for what selection rules failed with (rule-errors.ts).
 */
import type { RuleError } from "../../admission/selection-rules.ts";
import { SelectionRules } from "../../admission/selection-rules.ts";
import type {
  InferenceProvider,
  InferenceProviderStatus,
} from "../../api/inferenceprovider/v1alpha1/types.ts";
import type { ProviderConditionReason, ProviderConditionType } from "../../api/inferenceprovider/reasons.ts";
import type { Condition, KubeObject } from "../../api/meta/types.ts";
import type { Client } from "../../cluster/client.ts";
import { startInformer } from "../../cluster/informer.ts";
import type { Cancel, Clock } from "../../machinery/clock.ts";
import type { Transformer } from "../../transformers/transformer.ts";
import { isAbsent } from "../failure.ts";
import { inferenceProviders } from "../names.ts";
import { applyProviderDefaults, providerManager } from "./apply-defaults.ts";
import type { OperatorHealth } from "./operator.ts";
import { operatorHealth } from "./operator.ts";
import { sameErrors } from "./rule-errors.ts";

export interface ProviderReporterOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly transformers: readonly Transformer[];
  /** Whether providers have operators of their own here, to be looked for; false where they are played. */
  readonly hasOperators: boolean;
  readonly onError: (what: string, error: unknown) => void;
}

export interface ProviderReporter {
  /** Resolves when every built-in provider exists and its readiness has been reported once. */
  readonly synced: Promise<void>;
  /** All providers as they are now. */
  list(): readonly InferenceProvider[];
  /** Looks at once at what is served, rather than with the next heartbeat. */
  kindsChanged(): void;
  stop(): Promise<void>;
}

const heartbeatMs = 60_000;

export function startProviderReporter(options: ProviderReporterOptions): ProviderReporter {
  return new Reporter(options);
}

class Reporter implements ProviderReporter {
  readonly synced: Promise<void>;
  readonly #options: ProviderReporterOptions;
  readonly #abort = new AbortController();
  readonly #informer: ReturnType<typeof startInformer>;
  readonly #rules = new SelectionRules();
  #cancel: Cancel = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #isReportDue = false;

  constructor(options: ProviderReporterOptions) {
    this.#options = options;
    const { client, clock, random } = options;
    this.#informer = startInformer({
      client,
      resource: inferenceProviders,
      clock,
      random,
      signal: this.#abort.signal,
      onError: (error) => {
        options.onError(inferenceProviders.resource, error);
      },
    });
    this.synced = this.#start();
  }

  list(): readonly InferenceProvider[] {
    return this.#informer.list() as unknown as readonly InferenceProvider[];
  }

  kindsChanged(): void {
    this.#reportSoon();
  }

  async stop(): Promise<void> {
    this.#cancel();
    this.#abort.abort();
    await this.#running;
  }

  async #start(): Promise<void> {
    const { client, transformers } = this.#options;
    const applied = transformers.map((transformer) =>
      applyProviderDefaults(client, inferenceProviders, transformer),
    );
    await Promise.all([...applied, this.#informer.synced]);
    await this.#reportAll();
    this.#informer.onChange({
      added: (object) => {
        if (!isReported(object)) this.#reportSoon();
      },
      updated: (object, before) => {
        const old = before();
        const isSameSpec = object.metadata.generation === old.metadata.generation;
        if (!isSameSpec || !sameErrors(errorsIn(object), errorsIn(old))) this.#reportSoon();
      },
      deleted: (object) => {
        this.#restore(object.metadata.name ?? "");
      },
    });
    this.#schedule();
  }

  #schedule(): void {
    this.#cancel = this.#options.clock.setTimeout(() => {
      this.#reportSoon();
      this.#schedule();
    }, heartbeatMs);
  }

  /** A built-in provider that was deleted comes back: it stands for what this program can do. */
  #restore(name: string): void {
    const transformer = this.#options.transformers.find((candidate) => candidate.name === name);
    if (transformer === undefined || this.#abort.signal.aborted) return;
    this.#enqueue(async () => {
      await applyProviderDefaults(this.#options.client, inferenceProviders, transformer);
      await this.#reportAll();
    });
  }

  /** One report that has not begun is enough for whatever happens until then. */
  #reportSoon(): void {
    if (this.#isReportDue) return;
    this.#isReportDue = true;
    this.#enqueue(async () => {
      this.#isReportDue = false;
      await this.#reportAll();
    });
  }

  /** One report at a time; a failure is told and left to the next heartbeat. */
  #enqueue(work: () => Promise<void>): void {
    this.#running = this.#running
      .then(async () => {
        if (!this.#abort.signal.aborted) await work();
      })
      .catch((error: unknown) => {
        this.#options.onError("provider status", error);
      });
  }

  async #reportAll(): Promise<void> {
    // One that cannot be judged must not make the others look dead.
    const reports = this.#options.transformers.map((transformer) => this.#report(transformer));
    const failed = (await Promise.allSettled(reports)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }

  async #report(transformer: Transformer): Promise<void> {
    const { client, clock } = this.#options;
    const name = transformer.name;
    const object = this.#informer.get("", name) ?? (await client.get(inferenceProviders, { name }));
    const provider = object as unknown as InferenceProvider;
    const served = await this.#servedVersion(transformer);
    const operator =
      served === undefined || !this.#options.hasOperators
        ? undefined
        : await operatorHealth(client, provider.spec.operator ?? {}, clock.now());
    const others = served === undefined ? await servedVersions(client, transformer) : [];
    const ruleErrors = unique([...this.#brokenRules(provider), ...this.#failedRules(provider)]);
    const now = `${clock.now().toISOString().slice(0, 19)}Z`;
    const status: InferenceProviderStatus = {
      ready: served !== undefined && operator?.isAlive !== false,
      ...(served === undefined ? {} : { version: served }),
      lastHeartbeat: now,
      observedGeneration: object.metadata.generation ?? 0,
      // Others write it too: what is not changed is left alone.
      ...(provider.status?.selectionRuleErrors !== undefined && sameErrors(errorsIn(object), ruleErrors)
        ? {}
        : { selectionRuleErrors: ruleErrors }),
      conditions: conditionsOf(object, { now, transformer, served, others, operator, ruleErrors }),
    };
    const patch = { status: { version: null, ...status } };
    await client.mergePatch(inferenceProviders, { name }, patch, {
      subresource: "status",
      fieldManager: providerManager,
    });
  }

  #brokenRules({ spec }: InferenceProvider): RuleError[] {
    return (spec.selectionRules ?? []).flatMap(({ condition }, index) => {
      const problems = this.#rules.problems(condition);
      return problems.length === 0 ? [] : [{ index, condition, message: problems.join("; ") }];
    });
  }

  /** What was told of rules that are still there. */
  #failedRules({ spec, status }: InferenceProvider): readonly RuleError[] {
    return (status?.selectionRuleErrors ?? []).filter(
      ({ index, condition }) =>
        spec.selectionRules?.[index]?.condition === condition && this.#rules.problems(condition).length === 0,
    );
  }

  async #servedVersion(transformer: Transformer): Promise<string | undefined> {
    for (const apiVersion of transformer.apiVersions) {
      if ((await this.#options.client.resolve(apiVersion, transformer.kind, { fresh: true })) !== undefined)
        return apiVersion;
    }
    return undefined;
  }
}

const errorsIn = ({ status }: KubeObject): readonly RuleError[] =>
  (status as InferenceProviderStatus | undefined)?.selectionRuleErrors ?? [];

/** Whether the status is about the newest spec: somebody may have been quicker than the first report. */
const isReported = ({ metadata, status }: KubeObject): boolean =>
  (status as InferenceProviderStatus | undefined)?.observedGeneration === metadata.generation;

/** What there is of the group of the provider's kind. */
async function servedVersions(client: Client, { apiVersions }: Transformer): Promise<readonly string[]> {
  const [group, version] = (apiVersions[0] ?? "").split("/");
  if (version === undefined) return [];
  try {
    const found = (await client.getRaw(`/apis/${group ?? ""}`)) as { versions?: { groupVersion: string }[] };
    return (found.versions ?? []).map(({ groupVersion }) => groupVersion);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

function unique(errors: readonly RuleError[]): RuleError[] {
  const byRule = new Map(errors.map((error) => [`${String(error.index)} ${error.message}`, error]));
  return [...byRule.values()].sort((a, b) => a.index - b.index);
}

interface Findings {
  readonly now: string;
  readonly transformer: Transformer;
  readonly served: string | undefined;
  /** Versions of the kind's group that are served when none of them can be written. */
  readonly others: readonly string[];
  readonly operator: OperatorHealth | undefined;
  readonly ruleErrors: readonly RuleError[];
}

function conditionsOf(
  object: KubeObject,
  { now, transformer, served, others, operator, ruleErrors }: Findings,
): Condition[] {
  const old = ((object.status as InferenceProviderStatus | undefined)?.conditions ??
    []) as readonly Condition[];
  const condition = (
    type: ProviderConditionType,
    isTrue: boolean,
    reason: ProviderConditionReason,
    message: string,
  ): Condition => {
    const status = isTrue ? "True" : "False";
    const previous = old.find((candidate) => candidate.type === type);
    const since = previous?.status === status ? previous.lastTransitionTime : now;
    const observedGeneration = object.metadata.generation ?? 0;
    return { type, status, observedGeneration, lastTransitionTime: since, reason, message };
  };
  const wanted = transformer.apiVersions.join(" or ");
  const instead = others.length === 0 ? "" : `; the cluster has ${others.join(", ")}`;
  return [
    served === undefined
      ? condition("Ready", false, "KindNotServed", `no ${transformer.kind} of ${wanted} is served${instead}`)
      : operator === undefined
        ? condition("Ready", true, "KindServed", `${transformer.kind} of ${served} is served`)
        : condition(
            "Ready",
            operator.isAlive,
            operator.reason,
            operator.isAlive
              ? `${transformer.kind} of ${served} is served and ${operator.message}`
              : operator.message,
          ),
    ruleErrors.length === 0
      ? condition("SelectionRulesValid", true, "RulesValid", "every selection rule can be evaluated")
      : condition(
          "SelectionRulesValid",
          false,
          "RuleFailed",
          `${String(ruleErrors.length)} selection rules fail`,
        ),
  ];
}
