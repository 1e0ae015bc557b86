import { expect, test } from "vitest";
import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import { providerHealth } from "./provider-health.ts";

const now = new Date("2026-01-01T01:00:00Z");
const ago = (seconds: number): string =>
  `${new Date(now.getTime() - seconds * 1000).toISOString().slice(0, 19)}Z`;

interface Said {
  /** How long ago it was last confirmed, as ready or not. */
  readonly heartbeat: number;
  /** For how long it has been not ready. */
  readonly goneFor?: number;
  readonly graceSeconds?: number;
}

function aProvider({ heartbeat, goneFor, graceSeconds }: Said): InferenceProvider {
  const status = goneFor === undefined ? "True" : "False";
  return {
    apiVersion: "hawsepipe.dev/v1alpha1",
    kind: "InferenceProvider",
    metadata: { name: "kaito" },
    spec: graceSeconds === undefined ? {} : { failoverAfterSeconds: graceSeconds },
    status: {
      ready: goneFor === undefined,
      lastHeartbeat: ago(heartbeat),
      conditions: [
        {
          type: "Ready",
          status,
          reason: "R",
          message: "no operator",
          lastTransitionTime: ago(goneFor ?? 9999),
        },
      ],
    },
  } as unknown as InferenceProvider;
}

test.each<{ says: string; said: Said; isFresh: boolean; mayBeLeft: boolean; againIn?: number }>([
  { says: "is ready", said: { heartbeat: 10 }, isFresh: true, mayBeLeft: false },
  {
    says: "has not been ready for a minute",
    said: { heartbeat: 10, goneFor: 60 },
    isFresh: true,
    mayBeLeft: false,
    againIn: 240,
  },
  {
    says: "has not been ready for 5 minutes",
    said: { heartbeat: 10, goneFor: 300 },
    isFresh: false,
    mayBeLeft: true,
  },
  {
    says: "may be left sooner than its word is doubted",
    said: { heartbeat: 10, goneFor: 60, graceSeconds: 30 },
    isFresh: true,
    mayBeLeft: true,
    againIn: 240,
  },
  {
    says: "may be left later than its word is doubted",
    said: { heartbeat: 10, goneFor: 400, graceSeconds: 600 },
    isFresh: false,
    mayBeLeft: false,
    againIn: 200,
  },
  {
    says: "was ready, and nobody has said so for 5 minutes",
    said: { heartbeat: 301 },
    isFresh: false,
    mayBeLeft: true,
  },
  {
    says: "was ready, and its short grace time is not for a late report",
    said: { heartbeat: 60, graceSeconds: 0 },
    isFresh: true,
    mayBeLeft: false,
  },
])("a provider that $says", ({ said, isFresh, mayBeLeft, againIn }) => {
  const health = providerHealth(aProvider(said), now);
  expect(health?.observation.status).toBe(isFresh ? "True" : "False");
  expect(health?.mayBeLeft).toBe(mayBeLeft);
  expect(health?.againAt?.getTime()).toBe(againIn === undefined ? undefined : now.getTime() + againIn * 1000);
  if (!isFresh && said.goneFor !== undefined) expect(health?.observation.message).toContain("no operator");
});

test("of a provider nobody knows nothing is said", () => {
  expect(providerHealth(undefined, now)).toBeUndefined();
});
