import { asJson } from "../../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import { conditionsOf, numberAt, textAt } from "../observed.ts";
import type { ObservedResource } from "../transformer.ts";

/** Why pods do not serve, in the words of scheduler and kubelet. */
export interface PodTroubles {
  /** What will not get better by waiting: an image that cannot be pulled, an engine that ends. */
  readonly failing?: string;
  /** What may: no node has room. */
  readonly waiting?: string;
}

/** What is wrong with the pods among what was observed; of several that say the same, one is quoted. */
export function podTroubles(observed: readonly ObservedResource[]): PodTroubles {
  const pods = observed
    .flatMap(({ kind, object }) => (kind === "Pod" && object !== undefined ? [asJson(object)] : []))
    .filter((pod) => textAt(pod, "metadata", "deletionTimestamp") === "");
  const failing = summary(pods, failureOf);
  const waiting = summary(pods, unschedulable);
  return { ...(failing === undefined ? {} : { failing }), ...(waiting === undefined ? {} : { waiting }) };
}

/**
 * Why the pods of a Job do not do their work: the same, and how one ended, since such a pod is not started again. One of
 * them is quoted.
 */
export function jobTrouble(observed: readonly ObservedResource[]): string | undefined {
  const { failing, waiting } = podTroubles(observed);
  if (failing !== undefined || waiting !== undefined) return failing ?? waiting;
  const pods = observed.flatMap(({ object }) => (object === undefined ? [] : [asJson(object)]));
  return summary(pods, ending);
}

function ending(pod: JsonObject): string | undefined {
  const ended = statuses(pod, "containerStatuses").find(
    (status) => numberAt(status, 0, "state", "terminated", "exitCode") !== 0,
  );
  if (ended === undefined) return undefined;
  const terminated = getPath(ended, "state", "terminated") ?? {};
  return `container ${textAt(ended, "name")} ended with ${endOf(terminated)}`;
}

function summary(
  pods: readonly JsonObject[],
  troubleOf: (pod: JsonObject) => string | undefined,
): string | undefined {
  const troubled = pods
    .map((pod) => ({ name: textAt(pod, "metadata", "name"), trouble: troubleOf(pod) }))
    .filter(({ trouble }) => trouble !== undefined)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const [first] = troubled;
  if (first === undefined) return undefined;
  const rest = troubled.length > 1 ? ` (and ${String(troubled.length - 1)} more)` : "";
  return `pod ${first.name}${rest}: ${first.trouble ?? ""}`;
}

function unschedulable(pod: JsonObject): string | undefined {
  const condition = conditionsOf(pod).find(({ type }) => type === "PodScheduled");
  return condition?.status === "False" && condition.reason === "Unschedulable"
    ? condition.message
    : undefined;
}

/** States in which a container is on its way. */
const starting = new Set(["ContainerCreating", "PodInitializing"]);

function failureOf(pod: JsonObject): string | undefined {
  return ["initContainerStatuses", "containerStatuses"]
    .flatMap((list) => statuses(pod, list))
    .map(containerFailure)
    .find((failure) => failure !== undefined);
}

function statuses(pod: JsonObject, list: string): readonly JsonObject[] {
  const found = getPath(pod, "status", list);
  return Array.isArray(found) ? found.filter(isObject) : [];
}

function containerFailure(status: JsonObject): string | undefined {
  const reason = textAt(status, "state", "waiting", "reason");
  if (reason === "" || starting.has(reason)) return undefined;
  const last = getPath(status, "lastState", "terminated");
  const name = textAt(status, "name");
  if (reason === "CrashLoopBackOff" && isObject(last))
    return `container ${name} keeps ending with ${endOf(last)}`;
  const message = textAt(status, "state", "waiting", "message");
  return `container ${name}: ${message === "" ? reason : `${reason}: ${message}`}`;
}

/** How a container ended, with its last words. */
function endOf(terminated: JsonValue): string {
  const reason = textAt(terminated, "reason");
  const code = String(numberAt(terminated, 0, "exitCode"));
  const message = textAt(terminated, "message").trim();
  return `exit code ${code}${reason === "" ? "" : ` (${reason})`}${message === "" ? "" : `: ${message}`}`;
}
