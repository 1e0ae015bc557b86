import { formatSeconds, parseTime } from "../api/meta/time.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { ProviderStatus } from "../transformers/transformer.ts";
import { appliedFields } from "./drift.ts";

/** How long an operator may take to notice a change before it counts as not working. */
const noticeLimitMs = 5 * 60_000;

/**
 * What the provider's resource says, unless its operator has not looked at it since we last wrote it: then an old
 * "ready" is no longer believed. Also when to judge again.
 */
export function withFreshness(
  status: ProviderStatus,
  primary: KubeObject | undefined,
  now: Date,
): { readonly status: ProviderStatus; readonly againAt?: Date } {
  const time = primary === undefined ? undefined : appliedFields(primary)?.time;
  const written = time === undefined ? "" : parseTime(time);
  if (!status.isStale || typeof written === "string") return { status };
  const limit = new Date(written.getTime() + noticeLimitMs);
  if (now < limit) return { status, againAt: limit };
  return {
    status: {
      ...status,
      phase: status.phase === "Running" ? "Deploying" : status.phase,
      reason: "OperatorNotResponding",
      message: `the provider's operator has not acted on the change of ${formatSeconds(written)}: is it running?`,
    },
  };
}
