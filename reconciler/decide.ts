/**
 * Decides what to do for one deployment from what is wanted and what is there. Pure: no clock, no I/O. The executor
 * carries the actions out in order and stops at the first that fails.
 */
import type { KubeObject } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import { getPath } from "../machinery/json/value.ts";
import { appliedFields, findDrift } from "./drift.ts";
import type { Action, Pair, Plan, Replacement } from "./plan.ts";
import { appliesOf, cleanUp, idle, isOverdue, isTerminating, limited, withFinalizer } from "./plan.ts";
import { stepProgress } from "./steps.ts";
import { isAdoptable, isOwnedBy, resourceKey, servesAnnotation } from "../transformers/ownership.ts";
import { canShareModelCache } from "../transformers/pod/volumes.ts";
import { isStep } from "../transformers/step.ts";

export interface Situation {
  readonly deployment: ModelDeployment;
  readonly now: Date;
  /** What should exist, complete with ownership, in the order of application; undefined when it cannot be told. */
  readonly desired: readonly KubeObject[] | undefined;
  /** What exists under the names of `desired`, whoever it belongs to, by resourceKey. */
  readonly live: ReadonlyMap<string, KubeObject>;
  /** Everything that belongs to this deployment. */
  readonly owned: readonly KubeObject[];
  /** Fields the provider does not let change. */
  readonly immutable: (before: KubeObject, after: KubeObject) => readonly string[];
  /** Differences known to remain after every apply, because the server writes the field differently. */
  readonly isSettled: (live: KubeObject, desired: KubeObject, changes: readonly string[]) => boolean;
}

export function decide(situation: Situation): Plan {
  const { metadata, spec } = situation.deployment;
  if (metadata.deletionTimestamp !== undefined) return cleanUp(metadata, situation.owned, situation.now);
  if (spec.paused === true || situation.desired === undefined) return idle;
  return withFinalizer(converge(situation, situation.desired), metadata);
}

function converge(situation: Situation, desired: readonly KubeObject[]): Plan {
  const uid = situation.deployment.metadata.uid ?? "";
  const pairs = desired.map((object) => ({ object, live: situation.live.get(resourceKey(object)) }));
  const isForeign = (live: KubeObject): boolean =>
    !isOwnedBy(live, uid) && !isAdoptable(live, situation.deployment);
  const foreign = pairs.flatMap(({ live }) => (live !== undefined && isForeign(live) ? [live] : []));
  if (foreign.length > 0) return { ...idle, foreign };

  const wanted = new Set(desired.map(resourceKey));
  const stale = situation.owned.filter((object) => !wanted.has(resourceKey(object)));
  const { open, waiting, step } = stepProgress(pairs, situation.deployment);
  // The old goes on serving while a step for the new runs, unless the step needs the volume the old has.
  const isBeside = step !== undefined && canShareModelCache(situation.deployment);
  const candidates = isBeside ? open : [...open, ...waiting];
  const givenUp = stale.filter((object) => isOverdue(object, situation.now));
  const replaced = [
    ...candidates.flatMap(({ object, live }) => {
      const changes = live === undefined ? [] : replaceReasons(situation, live, object);
      return live !== undefined && changes.length > 0 ? [{ live, changes }] : [];
    }),
    ...stale
      .filter((object) => !isBeside && !givenUp.includes(object))
      .filter((object) => object.metadata.annotations?.[servesAnnotation] !== undefined)
      .map((live) => ({ live, changes: [] })),
  ];
  if (replaced.length > 0) {
    const kept = mustStay(situation, desired) ? replaced.filter(({ live }) => !isStep(live)) : [];
    if (kept.some(({ live }) => !isTerminating(live))) return { ...idle, kept };
    return limited(replace(candidates, replaced), situation.now);
  }

  const leaving = open.flatMap(({ live }) => (live !== undefined && isTerminating(live) ? [live] : []));
  if (leaving.length > 0) return limited({ ...idle, waitingFor: leaving }, situation.now);
  const applies = appliesOf(open, situation.isSettled);
  const prunes = stale
    .filter((object) => !isTerminating(object) && (step === undefined || isStep(object)))
    .map((object): Action => ({ type: "delete", object, why: "notRendered", changes: [] }));
  const begins = applies.some(({ object, live }) => carriesModel(object) && live === undefined);
  return {
    ...idle,
    actions: [...applies, ...prunes],
    ...(step === undefined ? {} : { step }),
    ...(begins && givenUp.length > 0 ? { abandoned: givenUp } : {}),
  };
}

/** Whether nothing may be deleted for the sake of something else; without anything else it is what was asked for. */
const mustStay = ({ deployment }: Situation, desired: readonly KubeObject[]): boolean =>
  deployment.spec.updatePolicy === "Reject" && desired.some(carriesModel);

const carriesModel = ({ metadata }: KubeObject): boolean =>
  metadata.annotations?.[servesAnnotation] !== undefined;

/** The old go only after the new would be accepted, and the new come only when the old are gone. */
function replace(pairs: readonly Pair[], replaced: readonly Replacement[]): Plan {
  const old = new Set(replaced.map(({ live }) => live));
  const remaining = replaced.filter(({ live }) => !isTerminating(live));
  const checks = pairs
    .filter(({ live }) => live === undefined || old.has(live))
    .map(({ object }): Action => ({ type: "check", object, replaced: [...old] }));
  const deletes = remaining.map(({ live, changes }): Action => ({
    type: "delete",
    object: live,
    why: "replace",
    changes,
  }));
  return {
    actions: remaining.length === 0 ? [] : [...checks, ...deletes],
    foreign: [],
    waitingFor: replaced.map(({ live }) => live),
  };
}

/** Why a live resource cannot become the desired one by an update; empty when it can. */
function replaceReasons({ immutable }: Situation, live: KubeObject, desired: KubeObject): readonly string[] {
  if (isTerminating(live)) return [];
  const before = live.metadata.annotations?.[servesAnnotation];
  const after = desired.metadata.annotations?.[servesAnnotation];
  const serves =
    before !== undefined && after !== undefined && before !== after && isOurs(live)
      ? [`metadata.annotations.${servesAnnotation}`]
      : [];
  return [...serves, ...changed(immutable(live, desired), findDrift(live, desired))];
}

/**
 * The paths below or above which something of ours differs. What the server or an operator added to a resource makes it
 * unequal to the rendered one too, but asks for nothing.
 */
function changed(paths: readonly string[], drift: readonly string[]): readonly string[] {
  const covers = (outer: string, inner: string): boolean =>
    inner === outer || (inner.startsWith(outer) && /^[.[]/.test(inner.slice(outer.length)));
  return paths.filter((path) => drift.some((field) => covers(path, field) || covers(field, path)));
}

/** Whether the annotation is still as we wrote it: an edit by somebody else is drift, not a new model. */
function isOurs(live: KubeObject): boolean {
  const fields = appliedFields(live)?.fields;
  return getPath(fields, "f:metadata", "f:annotations", `f:${servesAnnotation}`) !== undefined;
}
