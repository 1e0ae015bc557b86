/**
 * Jobs among what is rendered: steps that run once. What stands behind one in the order of application waits until it is
 * complete, and one that is complete is never touched again, whatever its template would be today. Pure.
 */
import type { KubeObject } from "../api/meta/types.ts";
import { asJson } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import { conditionsOf } from "../transformers/observed.ts";
import { servesAnnotation } from "../transformers/ownership.ts";
import { isStep } from "../transformers/step.ts";
import type { Pair } from "./plan.ts";

/** A step that is not complete. */
export interface UnfinishedStep {
  readonly name: string;
  /** Why it will not complete by itself, in the words of the Job controller. */
  readonly failure?: string;
}

export interface StepProgress {
  /** Everything in front of the first unfinished step, that step included, without what is complete. */
  readonly open: readonly Pair[];
  /** What waits for it. */
  readonly waiting: readonly Pair[];
  readonly step?: UnfinishedStep;
}

/**
 * How far the steps are; `deployment` remembers the one that completed, should its Job be gone since. What serves the
 * same already has no need of a step, so it does not wait for one that is new or forgotten.
 */
export function stepProgress(pairs: readonly Pair[], deployment: ModelDeployment): StepProgress {
  const todo = pairs.filter((pair) => !isStep(pair.object) || !isDone(pair, deployment));
  const at = todo.findIndex(({ object }) => isStep(object));
  const { object, live } = todo[at] ?? {};
  const waiting = todo.slice(at + 1);
  if (object === undefined || waiting.some((pair) => servesTheSame(pair))) {
    return { open: todo, waiting: [] };
  }
  const failure = live === undefined ? undefined : failureOf(live);
  const step = { name: object.metadata.name ?? "", ...(failure === undefined ? {} : { failure }) };
  return { open: todo.slice(0, at + 1), waiting, step };
}

function servesTheSame({ object, live }: Pair): boolean {
  const serves = object.metadata.annotations?.[servesAnnotation];
  return serves !== undefined && live?.metadata.annotations?.[servesAnnotation] === serves;
}

/** Whether a Job has completed. */
export const isComplete = (job: KubeObject): boolean =>
  conditionsOf(asJson(job)).some(({ type, status }) => type === "Complete" && status === "True");

/** Why a Job failed, or undefined while it has not. */
export function failureOf(job: KubeObject): string | undefined {
  const failed = conditionsOf(asJson(job)).find(({ type, status }) => type === "Failed" && status === "True");
  return failed === undefined ? undefined : [failed.reason, failed.message].filter(Boolean).join(": ");
}

function isDone({ object, live }: Pair, { status }: ModelDeployment): boolean {
  return live === undefined ? status?.modelDownload?.job === object.metadata.name : isComplete(live);
}
