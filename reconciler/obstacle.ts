import type { KubeObject } from "../api/meta/types.ts";
import { isApiError } from "../api/errors/api-error.ts";
import type { Action, Plan } from "./plan.ts";
import { KindNotServedError } from "./execute.ts";
import { classify, messageOf } from "./failure.ts";
import type { Obstacle } from "./status.ts";
import type { UnfinishedStep } from "./steps.ts";
import { namesOf } from "./status.ts";

/**
 * What a plan that could not be carried out wholly means for the deployment; undefined when all is done. `jobTrouble` is
 * what the pods of its Jobs say.
 */
export function obstacleOf(
  plan: Plan,
  failure: { readonly action: Action; readonly error: unknown } | undefined,
  jobTrouble?: string,
): Obstacle | undefined {
  if (plan.foreign.length > 0) {
    return {
      reason: "ResourceConflict",
      message: `exists already and belongs to somebody else: ${namesOf(plan.foreign)}; delete or rename one of them`,
      isFinal: true,
    };
  }
  if (failure !== undefined) return refusal(failure);
  if (plan.kept !== undefined) {
    const all = plan.kept.map(({ live, changes }) =>
      [namesOf([live]), changes.join(", ")].filter((text) => text !== "").join(": "),
    );
    return {
      reason: "ReplacementRefused",
      message: `spec.updatePolicy is Reject, but it would have to be deleted and created anew: ${all.join("; ")}`,
      isFinal: true,
    };
  }
  if (plan.stuck !== undefined) {
    return {
      reason: "StuckTerminating",
      message: `deleted more than 5 minutes ago and still there, so nothing can take its place: ${plan.stuck.map(withFinalizers).join(", ")}`,
      isFinal: false,
    };
  }
  if (plan.waitingFor.length > 0) {
    return {
      reason: "Replacing",
      message: `waiting until gone: ${namesOf(plan.waitingFor)}`,
      isFinal: false,
    };
  }
  return plan.step === undefined ? undefined : unfinished(plan.step, jobTrouble);
}

/** Whoever set a finalizer has to take it off; the object goes then. */
function withFinalizers(object: KubeObject): string {
  const { finalizers = [] } = object.metadata;
  return finalizers.length === 0
    ? namesOf([object])
    : `${namesOf([object])} (waits for its finalizers ${finalizers.join(", ")})`;
}

function unfinished({ name, failure }: UnfinishedStep, trouble: string | undefined): Obstacle {
  const why = trouble === undefined ? "" : `; ${trouble}`;
  return failure === undefined
    ? {
        reason: "ModelDownloading",
        message: `Job ${name} downloads the model; what needs it waits${why}`,
        isFinal: false,
      }
    : { reason: "DownloadFailed", message: `Job ${name}: ${failure}${why}`, isFinal: true };
}

function refusal({ action, error }: { action: Action; error: unknown }): Obstacle {
  if (error instanceof KindNotServedError) {
    return { reason: "KindNotServed", message: error.message, isFinal: false };
  }
  const object: KubeObject | undefined = "object" in action ? action.object : undefined;
  const about = object === undefined ? "" : `${namesOf([object])}: `;
  const isFinal = classify(error) === "invalid";
  const reason = isFinal
    ? action.type === "check"
      ? "ReplacementRefused"
      : "ApplyRefused"
    : isApiError(error, "Forbidden")
      ? "Forbidden"
      : "ApplyFailed";
  return { reason, message: `${about}${messageOf(error)}`, isFinal };
}
