import { formatSeconds } from "../api/meta/time.ts";
import type { Condition } from "../api/meta/types.ts";
import type { ConditionReason, ConditionType } from "../api/modeldeployment/reasons.ts";

/** What a condition says now; time and generation are added when the list is put together. */
export interface Observed {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

/** The same about a ModelDeployment. */
export interface Observation extends Observed {
  readonly type: ConditionType;
  readonly reason: ConditionReason;
}

/** Longer messages are refused by the schema. */
const maxMessage = 32_768;

/**
 * The list of conditions after these observations: those named keep their transition time while their status stays,
 * those not named are gone.
 */
export function nextConditions(
  before: readonly Condition[] | undefined,
  observations: readonly Observed[],
  { now, generation }: { readonly now: Date; readonly generation: number },
): Condition[] {
  return observations.map(({ type, status, reason, message }) => {
    const old = before?.find((condition) => condition.type === type);
    return {
      type,
      status,
      observedGeneration: generation,
      lastTransitionTime: old?.status === status ? old.lastTransitionTime : formatSeconds(now),
      reason,
      message: message.slice(0, maxMessage),
    };
  });
}
