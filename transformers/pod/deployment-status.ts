import type { JsonObject } from "../../machinery/json/value.ts";
import type { ObservedCondition } from "../observed.ts";
import { conditionsOf, numberAt } from "../observed.ts";
import type { ObservedResource, ProviderStatus } from "../transformer.ts";
import type { PodTroubles } from "./pod-trouble.ts";
import { podTroubles } from "./pod-trouble.ts";

/** What one Deployment says; without the endpoint, which its provider knows. */
export type DeploymentStatus = Omit<ProviderStatus, "endpoint">;

interface Counts {
  readonly desired: number;
  readonly ready: number;
  readonly available: number;
  /** Pods of the newest spec. */
  readonly updated: number;
  readonly total: number;
}

/**
 * What a Deployment says, in the deepest words there are: its own conditions, else those of its pods. A status of an
 * older generation proves nothing about the newest spec, so it is Deploying whatever else it says. While pods of the
 * older spec answer, that is said. Zero wanted replicas are Running once none is left: that is what was asked for.
 */
export function deploymentStatus(
  object: JsonObject | undefined,
  wanted: number,
  pods: readonly ObservedResource[],
): DeploymentStatus {
  if (object === undefined) {
    return {
      phase: "Pending",
      reason: "DeploymentMissing",
      message: "the Deployment does not exist yet",
      replicas: { desired: wanted, ready: 0, available: 0 },
      isStale: true,
    };
  }
  const counts: Counts = {
    desired: numberAt(object, 1, "spec", "replicas"),
    ready: numberAt(object, 0, "status", "readyReplicas"),
    available: numberAt(object, 0, "status", "availableReplicas"),
    updated: numberAt(object, 0, "status", "updatedReplicas"),
    total: numberAt(object, 0, "status", "replicas"),
  };
  const { desired, ready, available } = counts;
  const isStale =
    numberAt(object, 0, "status", "observedGeneration") < numberAt(object, 0, "metadata", "generation");
  const verdict = isStale
    ? inProgress("the Deployment controller has not seen the newest spec yet")
    : verdictOf(counts, conditionsOf(object), pods);
  return { ...verdict, replicas: { desired, ready, available }, isStale };
}

type Verdict = Pick<ProviderStatus, "phase" | "reason" | "message">;

const inProgress = (message: string): Verdict => ({
  phase: "Deploying",
  reason: "DeploymentInProgress",
  message,
});

function verdictOf(
  counts: Counts,
  conditions: readonly ObservedCondition[],
  pods: readonly ObservedResource[],
): Verdict {
  const { desired, available, updated, total } = counts;
  const failure = conditions.find(
    ({ type, status }) =>
      (type === "Progressing" && status === "False") || (type === "ReplicaFailure" && status === "True"),
  );
  const isDone =
    desired === 0 ? total === 0 : updated >= desired && total === updated && available >= desired;
  if (failure === undefined && isDone) {
    return desired === 0
      ? { phase: "Running", reason: "ScaledToZero", message: "scaled to zero" }
      : { phase: "Running", reason: "DeploymentReady", message: countsOf(counts) };
  }
  const troubles = podTroubles(pods);
  const older = desired > 0 && available > 0 ? total - updated : 0;
  const isFailing = troubles.failing !== undefined && (available === 0 || older > 0);
  if (failure === undefined && !isFailing) return rollingOut(counts, troubles, older);
  // What the pods say is why the Deployment gave up.
  const said = failure?.message === "" ? failure.reason : failure?.message;
  const why = [said, troubles.failing ?? troubles.waiting].filter((text) => text !== undefined).join("; ");
  if (older > 0) return { phase: "Failed", reason: "UpdateFailed", message: `${why}; ${olderServe(older)}` };
  return { phase: "Failed", reason: isFailing ? "PodsFailing" : "DeploymentFailed", message: why };
}

/** What may still become as it should be. */
function rollingOut(counts: Counts, { failing, waiting }: PodTroubles, older: number): Verdict {
  const trouble = failing ?? waiting;
  const message = trouble === undefined ? progress(counts) : `${progress(counts)}; ${trouble}`;
  if (failing !== undefined) return { phase: "Deploying", reason: "PodsFailing", message };
  if (older > 0) return { phase: "Deploying", reason: "PreviousVersionServing", message };
  return waiting === undefined
    ? inProgress(message)
    : { phase: "Deploying", reason: "PodsUnschedulable", message };
}

const countsOf = ({ ready, desired }: Counts): string =>
  `${String(ready)} of ${String(desired)} replicas are ready`;

const olderServe = (older: number): string =>
  older === 1
    ? "1 replica of the version before still serves"
    : `${String(older)} replicas of the version before still serve`;

function progress(counts: Counts): string {
  const { desired, updated, total } = counts;
  if (desired === 0) return `scaling to zero, replicas that are left: ${String(total)}`;
  return updated < desired ? `${countsOf(counts)}, ${String(updated)} run the newest spec` : countsOf(counts);
}
