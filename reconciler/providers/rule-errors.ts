/**
 * Tells what selection rules failed with while deployments were matched against them. Every process that admits does so, and
 * any of them may lead or not: the status of the InferenceProvider is where they meet. The reporter makes a condition of it.
 */
import type { RuleError } from "../../admission/selection-rules.ts";
import type { InferenceProvider } from "../../api/inferenceprovider/v1alpha1/types.ts";
import type { Client } from "../../cluster/client.ts";
import type { Cancel, Clock } from "../../machinery/clock.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { equalJson } from "../../machinery/json/value.ts";
import { inferenceProviders } from "../names.ts";
import { providerManager } from "./apply-defaults.ts";

export interface RuleErrorsOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** The provider as it was last seen. */
  readonly providerOf: (name: string) => InferenceProvider | undefined;
  readonly onError: (what: string, error: unknown) => void;
}

export interface RuleErrors {
  /** Has the provider's status say so, unless it does: at once, or when it was written a moment ago, the last word then. */
  tell(provider: string, errors: readonly RuleError[]): void;
  stop(): void;
}

/** Rules that fail for one deployment and work for the next must not make a write of every request. */
const restMs = 10_000;

export function ruleErrors({ client, clock, providerOf, onError }: RuleErrorsOptions): RuleErrors {
  const wanted = new Map<string, readonly RuleError[]>();
  const resting = new Map<string, Cancel>();
  let isStopped = false;
  const tell = (name: string, errors: readonly RuleError[]): void => {
    const provider = providerOf(name);
    if (isStopped || provider?.status === undefined) return;
    if (resting.has(name)) {
      wanted.set(name, errors);
      return;
    }
    if (sameErrors(provider.status.selectionRuleErrors ?? [], errors)) return;
    const rested = (): void => {
      resting.delete(name);
      const last = wanted.get(name);
      wanted.delete(name);
      if (last !== undefined) tell(name, last);
    };
    resting.set(name, clock.setTimeout(rested, restMs));
    const written = client.mergePatch(
      inferenceProviders,
      { name },
      { status: { selectionRuleErrors: errors } },
      { subresource: "status", fieldManager: providerManager },
    );
    written.catch((error: unknown) => {
      onError("selection rules", error);
    });
  };
  return {
    tell,
    stop() {
      isStopped = true;
      for (const cancel of resting.values()) cancel();
    },
  };
}

/** Whether both say the same of the same rules. */
export const sameErrors = (one: readonly RuleError[], other: readonly RuleError[]): boolean =>
  equalJson(one as unknown as JsonValue, other as unknown as JsonValue);
