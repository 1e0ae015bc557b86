import { lastReadyAt, failoverDue } from "../admission/readiness.ts";
import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import { formatSeconds } from "../api/meta/time.ts";
import type { Observation } from "./conditions.ts";

/** How long what a provider's resources say is believed without a live operator. */
const believedMs = 5 * 60_000;

/** What the health of its provider means for a deployment. */
export interface ProviderHealth {
  readonly observation: Observation;
  /** Whether a deployment that wants to may move to another. */
  readonly mayBeLeft: boolean;
  /** When it would be another although nothing changes. */
  readonly againAt?: Date;
}

/** Judges a provider; undefined when nothing is known of it yet. */
export function providerHealth(
  provider: InferenceProvider | undefined,
  now: Date,
): ProviderHealth | undefined {
  const since = provider === undefined ? undefined : lastReadyAt(provider);
  if (provider === undefined || since === undefined) return undefined;
  const name = provider.metadata.name ?? "";
  const staleAt = new Date(since.getTime() + believedMs);
  const leaveAt = failoverDue(provider) ?? staleAt;
  const mayBeLeft = leaveAt <= now;
  const isFresh = now < staleAt;
  const next = provider.status?.ready === true ? [] : [staleAt, leaveAt].filter((time) => time > now);
  const againAt = next.sort((a, b) => a.getTime() - b.getTime())[0];
  const why = provider.status?.conditions?.find(({ type }) => type === "Ready")?.message ?? "";
  return {
    mayBeLeft,
    observation: isFresh
      ? { type: "StatusFresh", status: "True", reason: "ProviderAlive", message: `provider ${name} is alive` }
      : {
          type: "StatusFresh",
          status: "False",
          reason: "ProviderNotReady",
          message: `nobody keeps what is said here up to date: provider ${name} has not been ready since ${formatSeconds(since)}${why === "" || provider.status?.ready === true ? "" : `: ${why}`}`,
        },
    ...(againAt === undefined ? {} : { againAt }),
  };
}
