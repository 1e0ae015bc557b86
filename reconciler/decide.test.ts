import { describe, expect, test } from "vitest";
import type { KubeObject, ObjectMeta } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { Situation } from "./decide.ts";
import { decide } from "./decide.ts";
import type { Action } from "./plan.ts";
import { cleanupLimitMs } from "./plan.ts";
import { asOwned, resourceKey, servesOf } from "../transformers/ownership.ts";
import { aModelDeployment, applied } from "./testing/objects.ts";

const now = new Date("2026-01-01T00:10:00Z");
const terminating = { deletionTimestamp: "2026-01-01T00:09:00Z" };

function resource(kind: string, metadata: ObjectMeta = {}, spec: object = { a: 1 }): KubeObject {
  return { apiVersion: "example.com/v1", kind, metadata: { name: "m", ...metadata }, spec };
}

const deployment = aModelDeployment();
const primary = asOwned(resource("Widget"), deployment, servesOf(deployment));
const service = asOwned(resource("Service"), deployment);

function situation(options: {
  readonly deployment?: ModelDeployment;
  readonly desired?: readonly KubeObject[];
  readonly existing?: readonly KubeObject[];
  readonly immutable?: readonly string[];
  readonly settled?: boolean;
}): Situation {
  const existing = options.existing ?? [];
  return {
    deployment: options.deployment ?? deployment,
    now,
    desired: options.desired ?? [primary, service],
    live: new Map(existing.map((object) => [resourceKey(object), object])),
    owned: existing.filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === "u1"),
    immutable: () => options.immutable ?? [],
    isSettled: () => options.settled ?? false,
  };
}

/** `apply Widget m`, `delete Service m (notRendered)`. */
const words = (actions: readonly Action[]): string[] =>
  actions.map((action) => {
    if (!("object" in action)) return action.type;
    const how = action.type === "delete" && action.isForeground === true ? ", in the foreground" : "";
    const why = action.type === "delete" ? ` (${action.why}${how})` : "";
    return `${action.type} ${action.object.kind}${why}`;
  });

const withMeta = (object: KubeObject, metadata: ObjectMeta): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, ...metadata },
});
const edited = (object: KubeObject): KubeObject => ({ ...applied(object), spec: { a: 2 } });

const left = { "hawsepipe.dev/managed-by": "hawsepipe", "hawsepipe.dev/model-deployment": "m" };

describe("what is to be done", () => {
  const rows: readonly {
    readonly name: string;
    readonly given: Parameters<typeof situation>[0];
    readonly does: readonly string[];
    readonly waits?: number;
    readonly foreign?: number;
  }[] = [
    { name: "nothing there: all is applied in order", given: {}, does: ["apply Widget", "apply Service"] },
    {
      name: "the finalizer comes before the first resource",
      given: { deployment: aModelDeployment({ finalizers: [] }) },
      does: ["addFinalizer", "apply Widget", "apply Service"],
    },
    { name: "all as rendered: nothing", given: { existing: [applied(primary), applied(service)] }, does: [] },
    {
      name: "one differs: only it is applied",
      given: { existing: [applied(primary), edited(service)] },
      does: ["apply Service"],
    },
    {
      name: "a difference known to stay: nothing",
      given: { existing: [applied(primary), edited(service)], settled: true },
      does: [],
    },
    {
      name: "no longer rendered: removed after the applies",
      given: { desired: [primary], existing: [edited(primary), applied(service)] },
      does: ["apply Widget", "delete Service (notRendered)"],
    },
    {
      name: "an object of somebody else: nothing at all",
      given: { existing: [withMeta(applied(primary), { ownerReferences: [] })] },
      does: [],
      foreign: 1,
    },
    {
      name: "an object of an earlier deployment of the same name: nothing at all",
      given: { existing: [asOwned(resource("Service"), aModelDeployment({ uid: "u0" }))] },
      does: [],
      foreign: 1,
    },
    {
      name: "left by an orphaning deletion: taken back",
      given: {
        existing: [withMeta(applied(primary), { ownerReferences: [], labels: left }), applied(service)],
      },
      does: ["apply Widget"],
    },
    {
      name: "left by a deployment of another name: nothing at all",
      given: {
        existing: [
          withMeta(applied(primary), {
            ownerReferences: [],
            labels: { ...left, "hawsepipe.dev/model-deployment": "n" },
          }),
        ],
      },
      does: [],
      foreign: 1,
    },
    {
      name: "an immutable field: checked, then replaced",
      given: { existing: [edited(primary), applied(service)], immutable: ["spec.a"] },
      does: ["check Widget", "delete Widget (replace)"],
      waits: 1,
    },
    {
      name: "the replaced one still going: waits",
      given: { existing: [withMeta(applied(primary), terminating), applied(service)] },
      does: [],
      waits: 1,
    },
    {
      name: "paused: nothing",
      given: { deployment: aModelDeployment({}, { paused: true }), existing: [edited(primary)] },
      does: [],
    },
    {
      name: "deleted: everything of ours goes",
      given: { deployment: aModelDeployment(terminating), existing: [applied(primary), applied(service)] },
      does: ["delete Widget (cleanup)", "delete Service (cleanup)"],
      waits: 2,
    },
    {
      name: "deleted while paused: the same",
      given: { deployment: aModelDeployment(terminating, { paused: true }), existing: [applied(primary)] },
      does: ["delete Widget (cleanup)"],
      waits: 1,
    },
    {
      name: "deleted and all gone: released",
      given: { deployment: aModelDeployment(terminating) },
      does: ["removeFinalizer"],
    },
    {
      name: "deleted with orphaning: the collector comes first",
      given: {
        deployment: aModelDeployment({ ...terminating, finalizers: ["hawsepipe.dev/cleanup", "orphan"] }),
        existing: [applied(primary)],
      },
      does: [],
    },
    {
      name: "deleted in the foreground: what belongs to ours goes with it",
      given: {
        deployment: aModelDeployment({
          ...terminating,
          finalizers: ["hawsepipe.dev/cleanup", "foregroundDeletion"],
        }),
        existing: [applied(primary), applied(service)],
      },
      does: ["delete Widget (cleanup, in the foreground)", "delete Service (cleanup, in the foreground)"],
      waits: 2,
    },
    {
      name: "deleted, our finalizer gone: nothing",
      given: {
        deployment: aModelDeployment({ ...terminating, finalizers: ["other/x"] }),
        existing: [applied(primary)],
      },
      does: [],
    },
  ];

  test.each(rows)("$name", ({ given, does, waits = 0, foreign = 0 }) => {
    const plan = decide(situation(given));
    expect(words(plan.actions)).toEqual(does);
    expect([plan.waitingFor.length, plan.foreign.length]).toEqual([waits, foreign]);
  });

  test("another model replaces the resource that carries it, and nothing else", () => {
    const next = aModelDeployment({}, { model: { id: "org/other" } });
    const desired = [asOwned(resource("Widget"), next, servesOf(next)), asOwned(resource("Service"), next)];
    const existing = [applied(primary), applied(service)];
    expect(words(decide(situation({ deployment: next, desired, existing })).actions)).toEqual([
      "check Widget",
      "delete Widget (replace)",
    ]);
  });

  test("with updatePolicy Reject nothing is replaced, but what is not wanted any more still goes", () => {
    const next = aModelDeployment({}, { model: { id: "org/other" }, updatePolicy: "Reject" });
    const existing = [applied(primary), applied(service)];
    const desired = [asOwned(resource("Widget"), next, servesOf(next)), asOwned(resource("Service"), next)];
    const kept = decide(situation({ deployment: next, desired, existing }));
    expect([words(kept.actions), kept.kept?.map(({ live }) => live.kind)]).toEqual([[], ["Widget"]]);
    const begun = [
      withMeta(applied(primary), { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      applied(service),
    ];
    expect(decide(situation({ deployment: next, desired, existing: begun })).waitingFor).toHaveLength(1);
    const toZero = decide(situation({ deployment: next, desired: [], existing }));
    expect(words(toZero.actions)).toContain("delete Widget (replace)");
  });

  test("an annotation edited by somebody is drift, not another model", () => {
    const live = applied(primary);
    const key = "hawsepipe.dev/serves";
    const entry = live.metadata.managedFields?.[0];
    if (entry === undefined) throw new Error("no managed fields");
    const { "f:annotations": _lost, ...others } = entry.fieldsV1?.["f:metadata"] as Record<string, never>;
    const existing = withMeta(live, {
      annotations: { [key]: "edited" },
      managedFields: [{ ...entry, fieldsV1: { ...entry.fieldsV1, "f:metadata": others } }],
    });
    expect(words(decide(situation({ existing: [existing, applied(service)] })).actions)).toEqual([
      "apply Widget",
    ]);
  });

  test("another provider: the old workload goes before the new comes, the rest of the old after", () => {
    const next = aModelDeployment({}, { provider: { name: "q" } });
    const desired = [asOwned(resource("Gadget"), next, servesOf(next))];
    const first = decide(
      situation({ deployment: next, desired, existing: [applied(primary), applied(service)] }),
    );
    expect(words(first.actions)).toEqual(["check Gadget", "delete Widget (replace)"]);
    const then = decide(situation({ deployment: next, desired, existing: [applied(service)] }));
    expect(words(then.actions)).toEqual(["apply Gadget", "delete Service (notRendered)"]);
  });

  test("what is created in the place of something is checked as what comes when that is gone", () => {
    const existing = [applied(primary), applied(service)];
    const { actions } = decide(situation({ existing, desired: [primary, service], immutable: ["spec.a"] }));
    expect(words(actions)).toEqual([]);
    const next = { ...primary, spec: { a: 2 } };
    const plan = decide(situation({ existing, desired: [next, service], immutable: ["spec.a"] }));
    expect(words(plan.actions)).toEqual(["check Widget", "delete Widget (replace)"]);
    expect(plan.actions[0]).toMatchObject({ replaced: [existing[0]] });
  });

  test("what another provider left is waited for as long as a cleanup, and then named", () => {
    const next = aModelDeployment({}, { provider: { name: "q" } });
    const desired = [asOwned(resource("Gadget"), next, servesOf(next))];
    const stuckFor = (ms: number): KubeObject => {
      const deletionTimestamp = new Date(now.getTime() - ms).toISOString().replace(".000Z", "Z");
      return withMeta(applied(primary), { deletionTimestamp });
    };
    const early = decide(situation({ deployment: next, desired, existing: [stuckFor(60_000)] }));
    expect([words(early.actions), early.waitingFor.length]).toEqual([[], 1]);
    expect(early.againAt).toEqual(new Date(now.getTime() - 60_000 + cleanupLimitMs));
    const late = decide(situation({ deployment: next, desired, existing: [stuckFor(cleanupLimitMs)] }));
    expect([words(late.actions), late.abandoned?.map(({ kind }) => kind)]).toEqual([
      ["apply Gadget"],
      ["Widget"],
    ]);
  });

  test.each<{ says: string; forMs: number; stuck: readonly string[] | undefined; again: boolean }>([
    { says: "is waited for", forMs: 60_000, stuck: undefined, again: true },
    { says: "and does not go is told about", forMs: cleanupLimitMs, stuck: ["Widget"], again: false },
  ])("what is deleted and has the name of its successor $says", ({ forMs, stuck, again }) => {
    const deletionTimestamp = new Date(now.getTime() - forMs).toISOString().replace(".000Z", "Z");
    const next = aModelDeployment({}, { provider: { name: "q" } });
    const desired = [asOwned(resource("Widget"), next, servesOf(next))];
    const existing = [withMeta(applied(primary), { deletionTimestamp })];
    const plan = decide(situation({ deployment: next, desired, existing }));
    expect([words(plan.actions), plan.waitingFor.length]).toEqual([[], 1]);
    expect(plan.stuck?.map(({ kind }) => kind)).toEqual(stuck);
    expect(plan.againAt !== undefined).toBe(again);
  });

  test("a cleanup that takes too long is given up, naming what is left", () => {
    const since = new Date(now.getTime() - cleanupLimitMs).toISOString().replace(".000Z", "Z");
    const plan = decide(
      situation({ deployment: aModelDeployment({ deletionTimestamp: since }), existing: [applied(primary)] }),
    );
    expect(words(plan.actions)).toEqual(["removeFinalizer"]);
    expect(plan.abandoned?.map(({ kind }) => kind)).toEqual(["Widget"]);
  });

  test("a cleanup that waits is looked at again when its time is up", () => {
    const plan = decide(
      situation({ deployment: aModelDeployment(terminating), existing: [applied(primary)] }),
    );
    expect(plan.againAt).toEqual(new Date("2026-01-01T00:14:00Z"));
  });
});
