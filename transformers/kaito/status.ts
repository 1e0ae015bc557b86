import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { ObservedCondition } from "../observed.ts";
import { complaintOf, conditionsOf, findObserved, numberAt, textAt } from "../observed.ts";
import type { ObservedResource, ProviderStatus } from "../transformer.ts";
import { servicePort } from "./render.ts";

type Verdict = Pick<ProviderStatus, "phase" | "reason" | "message">;

/**
 * What the Workspace says: `status.state` of KAITO 0.10 and later, else its conditions. KAITO reports no generation of
 * its own, so where there is a state the newest of the conditions tells whether it has seen the spec.
 */
export function kaitoStatus(
  deployment: ModelDeployment,
  observed: readonly ObservedResource[],
): ProviderStatus {
  const object = findObserved(observed, "Workspace");
  if (object === undefined) return withoutWorkspace(deployment);
  const desired = numberAt(object, 1, "resource", "count");
  const isStale = isBehind(object);
  const seen = verdictOf(object);
  // A change in flight does not take down what serves.
  const ready = seen.phase === "Running" ? desired : 0;
  const verdict: Verdict = isStale
    ? {
        phase: "Deploying",
        reason: ready > 0 ? "PreviousVersionServing" : "DeploymentInProgress",
        message: "KAITO has not seen the newest spec yet",
      }
    : seen;
  return {
    ...verdict,
    replicas: { desired, ready, available: ready },
    ...(hasService(object)
      ? { endpoint: { service: deployment.metadata.name ?? "", port: servicePort } }
      : {}),
    isStale,
  };
}

function withoutWorkspace({ spec }: ModelDeployment): ProviderStatus {
  const desired = spec.serving?.replicas ?? 1;
  const replicas = { desired, ready: 0, available: 0 };
  if (desired === 0) {
    return { phase: "Running", reason: "ScaledToZero", message: "scaled to zero", replicas, isStale: false };
  }
  return {
    phase: "Pending",
    reason: "WorkspaceMissing",
    message: "the Workspace does not exist yet",
    replicas,
    isStale: true,
  };
}

/**
 * Whether KAITO has made its Service, which it does when the nodes are there, before it looks after the pods. A KAITO
 * without states has the condition of the pods from then on, one with states has it always.
 */
function hasService(object: JsonObject): boolean {
  const state = textAt(object, "status", "state");
  if (state !== "") return ["Ready", "NotReady", "Succeeded"].includes(state);
  return conditionsOf(object).some(
    ({ type, status }) => type === "InferenceReady" || (type === "WorkspaceSucceeded" && status === "True"),
  );
}

/**
 * Whether every condition that names a generation names an older one. A KAITO without states touches a condition only
 * when something else of it changes, so its generations say nothing.
 */
function isBehind(object: JsonObject): boolean {
  if (textAt(object, "status", "state") === "") return false;
  const generation = numberAt(object, 0, "metadata", "generation");
  const seen = conditionsOf(object)
    .map(({ observedGeneration }) => observedGeneration)
    .filter((value) => value !== undefined);
  return seen.length > 0 && Math.max(...seen) < generation;
}

function verdictOf(object: JsonObject): Verdict {
  const state = textAt(object, "status", "state");
  const conditions = conditionsOf(object);
  switch (state) {
    case "":
      return byConditions(conditions);
    case "Ready":
    case "Succeeded":
      return { phase: "Running", reason: "DeploymentReady", message: "the Workspace is ready" };
    case "NotReady":
      return deploying(conditions, "the Workspace is not ready yet");
    case "Running":
      return deploying([], "fine-tuning is in progress");
    case "Failed":
      return failed(conditions);
    case "Pending":
      return pending(conditions, "the Workspace is waiting");
    default:
      return pending(conditions, `the Workspace is in the unknown state ${JSON.stringify(state)}`);
  }
}

function byConditions(conditions: readonly ObservedCondition[]): Verdict {
  const status = (type: string): string | undefined => conditions.find((c) => c.type === type)?.status;
  const succeeded = status("WorkspaceSucceeded");
  if (succeeded === "True") {
    return { phase: "Running", reason: "DeploymentReady", message: "the Workspace is ready" };
  }
  if (succeeded === "False") return failed(conditions);
  if (status("ResourceReady") === "True" && status("InferenceReady") !== "True") {
    return deploying(conditions, "nodes are ready, inference is not yet");
  }
  return pending(conditions, "KAITO has not reported yet");
}

const deploying = (conditions: readonly ObservedCondition[], fallback: string): Verdict => ({
  phase: "Deploying",
  reason: "DeploymentInProgress",
  message: complaint(conditions) ?? fallback,
});

const pending = (conditions: readonly ObservedCondition[], fallback: string): Verdict => ({
  phase: "Pending",
  reason: "DeploymentInProgress",
  message: complaint(conditions) ?? fallback,
});

const failed = (conditions: readonly ObservedCondition[]): Verdict => ({
  phase: "Failed",
  reason: "DeploymentFailed",
  message: complaint(conditions) ?? "the Workspace failed and gives no reason",
});

const complaint = (conditions: readonly ObservedCondition[]): string | undefined =>
  complaintOf(conditions, "WorkspaceSucceeded");
