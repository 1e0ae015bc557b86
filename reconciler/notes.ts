import type { Condition, KubeObject } from "../api/meta/types.ts";
import type { ModelDeployment, ModelDeploymentStatus } from "../api/modeldeployment/v1alpha2/types.ts";
import type { Action, Plan } from "./plan.ts";
import type { EventNote } from "./events.ts";
import type { Outcome } from "./execute.ts";
import type { Obstacle } from "./status.ts";
import { namesOf } from "./status.ts";

/** The events of what a pass did; nothing for a pass that did nothing. */
export function notesOfActions(
  { done }: Outcome,
  plan: Plan,
  {
    isSameSpec,
    isToldElsewhere = () => false,
  }: {
    readonly isSameSpec: boolean;
    /** Whether an update of the object because of a new spec is told in other words. */
    readonly isToldElsewhere?: (object: KubeObject) => boolean;
  },
): readonly EventNote[] {
  const notes: EventNote[] = [];
  const note = (type: EventNote["type"], reason: EventNote["reason"], message: string): void => {
    notes.push({ type, reason, message });
  };
  const applied = done.flatMap(({ action, answer }) =>
    action.type === "apply" && answer !== undefined ? [{ action, answer }] : [],
  );
  const created = applied.filter(({ action }) => action.live === undefined).map(({ answer }) => answer);
  if (created.length > 0) note("Normal", "Created", `created ${namesOf(created)}`);
  const adopted = applied.filter(({ action }) => isAdoption(action)).map(({ answer }) => answer);
  if (adopted.length > 0) {
    note("Normal", "Adopted", `took back what an earlier owner of the name left: ${namesOf(adopted)}`);
  }
  for (const { action, answer } of applied) {
    if (action.live === undefined || isAdoption(action) || !isChanged(action.live, answer)) continue;
    const text = `${namesOf([answer])}: ${action.changes.join(", ")}`;
    if (isSameSpec) note("Warning", "DriftRepaired", `set back to what was rendered: ${text}`);
    else if (!isToldElsewhere(answer)) note("Normal", "Updated", `updated ${text}`);
  }
  for (const why of ["replace", "notRendered", "cleanup"] as const) {
    const deleted = done.flatMap(({ action }) => (isDelete(action, why) ? [action.object] : []));
    if (deleted.length > 0) {
      const changes = done.flatMap(({ action }) => (isDelete(action, why) ? action.changes : []));
      const because =
        changes.length === 0 ? "" : `, because it cannot be changed in place: ${changes.join(", ")}`;
      note("Normal", deleteReasons[why], `deleting ${namesOf(deleted)}${because}`);
    }
  }
  if (plan.abandoned !== undefined) {
    note("Warning", "CleanupAbandoned", `gave up waiting; may be left behind: ${namesOf(plan.abandoned)}`);
  }
  return notes;
}

/** The events of a status that is about to change. */
export function notesOfTransition(
  before: ModelDeployment["status"],
  after: ModelDeploymentStatus,
  obstacle: Obstacle | undefined,
): readonly EventNote[] {
  const notes: EventNote[] = [];
  const created = (before?.conditions as readonly Condition[] | undefined)?.find(
    ({ type }) => type === "ResourceCreated",
  );
  const isNewObstacle =
    obstacle !== undefined && (created?.reason !== obstacle.reason || created.message !== obstacle.message);
  if (isNewObstacle && obstacle.reason !== "Replacing" && obstacle.reason !== "ModelDownloading") {
    notes.push({ type: "Warning", reason: obstacle.reason, message: obstacle.message });
  }
  if (before?.phase !== after.phase) {
    const message = after.message ?? "";
    if (after.phase === "Running") notes.push({ type: "Normal", reason: "Running", message });
    if (after.phase === "Failed" && !isNewObstacle) {
      notes.push({ type: "Warning", reason: "Failed", message });
    }
  }
  return notes;
}

const deleteReasons = { replace: "Replacing", notRendered: "Pruned", cleanup: "CleaningUp" } as const;

const isDelete = (
  action: Action,
  why: keyof typeof deleteReasons,
): action is Extract<Action, { type: "delete" }> => action.type === "delete" && action.why === why;

/** Whether the apply takes a resource that had no controller. */
const isAdoption = ({ live, object }: Extract<Action, { type: "apply" }>): boolean =>
  live !== undefined && !hasController(live) && hasController(object);

const hasController = ({ metadata }: KubeObject): boolean =>
  metadata.ownerReferences?.some(({ controller }) => controller === true) === true;

const isChanged = (before: KubeObject, after: KubeObject): boolean =>
  before.metadata.resourceVersion !== after.metadata.resourceVersion;
