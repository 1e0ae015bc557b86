import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";

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
