import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import { parseTime } from "../api/meta/time.ts";

/** How old the last sign of life may be. */
export const defaultStaleAfterMs = 5 * 60_000;

/** Why a provider cannot take deployments now, or undefined when it can. Readiness that nobody renews is none. */
export function unreadiness(
  { status }: InferenceProvider,
  now: Date,
  staleAfterMs: number,
): string | undefined {
  if (status?.ready === undefined) return "its readiness is not known yet";
  if (!status.ready) {
    const message = status.conditions?.find(({ type }) => type === "Ready")?.message ?? "";
    return message === "" ? "it is not ready" : `it is not ready: ${message}`;
  }
  if (status.lastHeartbeat === undefined) return undefined;
  const age = now.getTime() - Date.parse(status.lastHeartbeat);
  return age > staleAfterMs ? `its last heartbeat is from ${status.lastHeartbeat}` : undefined;
}

/** How long a provider may be not ready before deployments that want to move to another, when it does not say. */
const defaultFailoverAfterSeconds = 300;

/** When the provider was last known to be ready; undefined when nothing is known of it. */
export function lastReadyAt({ status }: InferenceProvider): Date | undefined {
  const text =
    status?.ready === false
      ? status.conditions?.find((condition) => condition.type === "Ready" && condition.status === "False")
          ?.lastTransitionTime
      : status?.lastHeartbeat;
  const time = text === undefined ? "" : parseTime(text);
  return typeof time === "string" ? undefined : time;
}

/** From when on deployments that want to may leave the provider; undefined when nothing is known of it. */
export function failoverDue(provider: InferenceProvider): Date | undefined {
  const since = lastReadyAt(provider);
  if (since === undefined) return undefined;
  const graceMs = (provider.spec.failoverAfterSeconds ?? defaultFailoverAfterSeconds) * 1000;
  // One that says it is ready is only late with saying so again.
  const waitMs = provider.status?.ready === true ? Math.max(graceMs, defaultStaleAfterMs) : graceMs;
  return new Date(since.getTime() + waitMs);
}
