/**
 * What a pass is going to do, and the part of deciding it that is the same for every kind that owns resources. Pure: no
 * clock, no I/O. The executor carries the actions out in order and stops at the first that fails.
 */
import type { KubeObject, ObjectMeta } from "../api/meta/types.ts";
import { parseTime } from "../api/meta/time.ts";
import { findDrift } from "./drift.ts";
import { cleanupFinalizer } from "../transformers/ownership.ts";
import type { UnfinishedStep } from "./steps.ts";

export type Action =
  | { readonly type: "addFinalizer" }
  | { readonly type: "removeFinalizer" }
  /** `changes` names what differs; empty when the resource does not exist yet. */
  | {
      readonly type: "apply";
      readonly object: KubeObject;
      readonly live?: KubeObject;
      readonly changes: readonly string[];
    }
  /**
   * Asks the server whether the resource would be accepted if it were created, or `live` updated; changes nothing.
   * `replaced` is what is gone by the time it is created.
   */
  | {
      readonly type: "check";
      readonly object: KubeObject;
      readonly live?: KubeObject;
      readonly replaced?: readonly KubeObject[];
    }
  | {
      readonly type: "delete";
      readonly object: KubeObject;
      readonly why: "cleanup" | "replace" | "notRendered";
      readonly changes: readonly string[];
      /** Whether it is gone only when what belongs to it is; absent: what belongs to it goes later. */
      readonly isForeground?: true;
    };

export type Apply = Extract<Action, { type: "apply" }>;

export interface Plan {
  readonly actions: readonly Action[];
  /** Objects of somebody else under names that are needed. */
  readonly foreign: readonly KubeObject[];
  /** What must be gone before going on. */
  readonly waitingFor: readonly KubeObject[];
  /** What would have to be replaced, although updatePolicy is Reject, each with the fields that cannot be changed. */
  readonly kept?: readonly Replacement[];
  /** The step that must complete before the rest is applied. */
  readonly step?: UnfinishedStep;
  /** What of `waitingFor` takes so long that somebody has to be told, because its name is needed and it cannot be left. */
  readonly stuck?: readonly KubeObject[];
  /** Set when waiting has taken too long: what is left behind. */
  readonly abandoned?: readonly KubeObject[];
  /** When the decision would be another although nothing changes. */
  readonly againAt?: Date;
}

/** A live resource that cannot become what is wanted. */
export interface Replacement {
  readonly live: KubeObject;
  readonly changes: readonly string[];
}

/** A rendered resource and what exists under its name. */
export interface Pair {
  readonly object: KubeObject;
  readonly live: KubeObject | undefined;
}

/** How long a deletion waits for the provider before it lets go. */
export const cleanupLimitMs = 5 * 60_000;

export const idle: Plan = { actions: [], foreign: [], waitingFor: [] };

export const hasFinalizer = ({ finalizers }: ObjectMeta): boolean =>
  finalizers?.includes(cleanupFinalizer) === true;

/** The plan with the finalizer in front, where there is something to do that has to be cleaned up one day. */
export const withFinalizer = (plan: Plan, metadata: ObjectMeta): Plan =>
  hasFinalizer(metadata) || plan.actions.length === 0
    ? plan
    : { ...plan, actions: [{ type: "addFinalizer" }, ...plan.actions] };

export const isTerminating = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;

/** When something that is being deleted is waited for no longer. */
function deadlineOf({ deletionTimestamp = "" }: ObjectMeta, now: Date): Date {
  const started = parseTime(deletionTimestamp);
  return new Date((typeof started === "string" ? now : started).getTime() + cleanupLimitMs);
}

/** Whoever should have removed its finalizers does not work, as the operator of a provider that is gone. */
export const isOverdue = (object: KubeObject, now: Date): boolean =>
  isTerminating(object) && deadlineOf(object.metadata, now) <= now;

/** What to do for an owner that is being deleted. */
export function cleanUp(metadata: ObjectMeta, owned: readonly KubeObject[], now: Date): Plan {
  if (!hasFinalizer(metadata)) return idle;
  // Whoever asked to orphan keeps the resources: the collector takes the references off first.
  if (metadata.finalizers?.includes("orphan") === true) return idle;
  if (owned.length === 0) return { ...idle, actions: [{ type: "removeFinalizer" }] };
  const deadline = deadlineOf(metadata, now);
  if (now >= deadline) return { ...idle, actions: [{ type: "removeFinalizer" }], abandoned: owned };
  // Whoever deletes the owner in the foreground sees it until nothing is left, however far below it.
  const how =
    metadata.finalizers?.includes("foregroundDeletion") === true ? ({ isForeground: true } as const) : {};
  const actions = owned
    .filter((object) => !isTerminating(object))
    .map((object): Action => ({ type: "delete", object, why: "cleanup", changes: [], ...how }));
  return { actions, foreign: [], waitingFor: owned, againAt: deadline };
}

/** The applies of whatever does not exist or is not as rendered. */
export function appliesOf(
  pairs: readonly Pair[],
  isSettled: (live: KubeObject, desired: KubeObject, changes: readonly string[]) => boolean,
): readonly Apply[] {
  return pairs.flatMap(({ object, live }): Apply[] => {
    if (live === undefined) return [{ type: "apply", object, changes: [] }];
    const changes = findDrift(live, object);
    const isDone = changes.length === 0 || isSettled(live, object, changes);
    return isDone ? [] : [{ type: "apply", object, live, changes }];
  });
}

/** Says of a plan that waits what is overdue, and when something else will be. */
export function limited(plan: Plan, now: Date): Plan {
  const leaving = plan.waitingFor.filter(isTerminating);
  const stuck = leaving.filter((object) => isOverdue(object, now));
  const [againAt] = leaving
    .filter((object) => !stuck.includes(object))
    .map((object) => deadlineOf(object.metadata, now))
    .sort((a, b) => a.getTime() - b.getTime());
  return {
    ...plan,
    ...(stuck.length === 0 ? {} : { stuck }),
    ...(againAt === undefined ? {} : { againAt }),
  };
}
