import { describe, expect, test } from "vitest";
import { formatSeconds } from "../api/meta/time.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import { fakeClock } from "../machinery/clock.ts";
import { asOwned, servesOf } from "../transformers/ownership.ts";
import { decide } from "./decide.ts";
import type { EventNote } from "./events.ts";
import { notesOfActions } from "./notes.ts";
import type { Action } from "./plan.ts";
import { cleanupLimitMs } from "./plan.ts";
import { aModelDeployment, applied } from "./testing/objects.ts";

const resource = (kind: string): KubeObject => ({
  apiVersion: "example.com/v1",
  kind,
  metadata: { name: "m", namespace: "default" },
  spec: { a: 1 },
});

const left = (kind: string): KubeObject => {
  const owner = aModelDeployment();
  return applied(asOwned(resource(kind), owner, kind === "Widget" ? servesOf(owner) : undefined));
};

describe("a finalizer that nobody removes is waited for and then told about, by name", () => {
  const start = new Date("2026-01-01T00:00:00Z");
  const since = { deletionTimestamp: formatSeconds(start) };
  const leaving = (kind: string): KubeObject => {
    const object = left(kind);
    return {
      ...object,
      metadata: { ...object.metadata, ...since, finalizers: ["operator.example.com/hold"] },
    };
  };
  const elsewhere = aModelDeployment({}, { provider: { name: "q" } });
  test.each<{
    says: string;
    deployment: ModelDeployment;
    desired: readonly KubeObject[] | undefined;
    owned: readonly KubeObject[];
    then: Action["type"];
    names: string;
  }>([
    {
      says: "when the deployment is deleted",
      deployment: aModelDeployment(since),
      desired: undefined,
      owned: [leaving("Widget"), leaving("Service")],
      then: "removeFinalizer",
      names: "Widget m, Service m",
    },
    {
      says: "when another provider takes over",
      deployment: elsewhere,
      desired: [asOwned(resource("Gadget"), elsewhere, servesOf(elsewhere))],
      owned: [leaving("Widget")],
      then: "apply",
      names: "Widget m",
    },
  ])("$says", async ({ deployment, desired, owned, then, names }) => {
    const clock = fakeClock(start);
    const pass = (): { actions: readonly Action[]; warnings: readonly EventNote[] } => {
      const plan = decide({
        deployment,
        now: clock.now(),
        desired,
        live: new Map(),
        owned,
        immutable: () => [],
        isSettled: () => false,
      });
      const done = plan.actions.map((action) => ({ action }));
      const notes = notesOfActions({ owner: deployment, done }, plan, { isSameSpec: false });
      return { actions: plan.actions, warnings: notes.filter(({ type }) => type === "Warning") };
    };
    await clock.advance(cleanupLimitMs - 1000);
    expect(pass()).toEqual({ actions: [], warnings: [] });
    await clock.advance(1000);
    const { actions, warnings } = pass();
    expect(actions.map(({ type }) => type)).toEqual([then]);
    expect(warnings).toEqual([
      {
        type: "Warning",
        reason: "CleanupAbandoned",
        message: `gave up waiting; may be left behind: ${names}`,
      },
    ]);
  });
});
