import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import type { ObservedCondition } from "../observed.ts";
import { conditionsOf, findObserved, numberAt, textAt } from "../observed.ts";
import type { ObservedResource, ProviderStatus } from "../transformer.ts";
import { servePort } from "./names.ts";
import { groupsOf } from "./render.ts";

type Verdict = Pick<ProviderStatus, "phase" | "reason" | "message">;

/**
 * What the RayService says. KubeRay runs a changed one in a second cluster until it is ready, so there may be two
 * stories: the active cluster answers, the pending one is what the newest spec comes to.
 */
export function kuberayStatus(
  deployment: ModelDeployment,
  observed: readonly ObservedResource[],
): ProviderStatus {
  const object = findObserved(observed, "RayService");
  const groups = groupsOf(deployment);
  const desired = groups.at(-1)?.replicas ?? 1;
  if (object === undefined)
    return withoutService(
      groups.every(({ replicas }) => replicas === 0),
      desired,
    );
  const active = sideOf(object, "activeServiceStatus");
  const isStale = isBehind(object);
  const ready = active.isServing ? readyReplicas(object, active, { desired, all: groups }) : 0;
  const endpoint = { service: `${deployment.metadata.name ?? ""}-serve-svc`, port: servePort };
  return {
    ...verdictOf(object, active, isStale),
    replicas: { desired, ready, available: ready },
    // KubeRay makes the Service when a cluster is promoted.
    ...(active.cluster === "" ? {} : { endpoint }),
    isStale,
  };
}

function withoutService(isOff: boolean, desired: number): ProviderStatus {
  const replicas = { desired, ready: 0, available: 0 };
  return isOff
    ? { phase: "Running", reason: "ScaledToZero", message: "scaled to zero", replicas, isStale: false }
    : {
        phase: "Pending",
        reason: "ResourceMissing",
        message: "the RayService does not exist yet",
        replicas,
        isStale: true,
      };
}

/** One of the two clusters of a RayService. */
interface Side {
  readonly cluster: string;
  readonly status: JsonValue | undefined;
  readonly applications: readonly JsonObject[];
  /** Every application runs. */
  readonly isServing: boolean;
  /** Some application gave up. */
  readonly hasFailed: boolean;
}

function sideOf(object: JsonObject, field: string): Side {
  const status = getPath(object, "status", field);
  const all = getPath(status, "applicationStatuses");
  const applications = isObject(all) ? Object.values(all).filter(isObject) : [];
  const states = applications.map((application) => textAt(application, "status"));
  return {
    cluster: textAt(status, "rayClusterName"),
    status,
    applications,
    isServing: states.length > 0 && states.every((state) => state === "RUNNING"),
    hasFailed: states.includes("DEPLOY_FAILED"),
  };
}

/** Whether KubeRay has not looked at the newest spec. Before it does for the first time there is no status at all. */
function isBehind(object: JsonObject): boolean {
  if (!isObject(object["status"])) return true;
  return numberAt(object, 0, "status", "observedGeneration") < numberAt(object, 0, "metadata", "generation");
}

/** KubeRay counts workers of all groups together. */
function readyReplicas(
  object: JsonObject,
  { status }: Side,
  { desired, all }: { readonly desired: number; readonly all: readonly { readonly replicas: number }[] },
): number {
  if (numberAt(object, 1, "status", "numServeEndpoints") === 0) return 0;
  const total = all.reduce((sum, { replicas }) => sum + replicas, 0);
  const workers = numberAt(status, total, "rayClusterStatus", "readyWorkerReplicas");
  return Math.max(0, Math.min(desired, workers - (total - desired)));
}

function verdictOf(object: JsonObject, active: Side, isStale: boolean): Verdict {
  const { isServing } = active;
  const inProgress = (message: string, reason?: Verdict["reason"]): Verdict => ({
    phase: "Deploying",
    reason: reason ?? (isServing ? "PreviousVersionServing" : "DeploymentInProgress"),
    message,
  });
  const failed = (message: string): Verdict => ({
    phase: "Failed",
    reason: isServing ? "UpdateFailed" : "DeploymentFailed",
    message,
  });
  if (isStale) return inProgress("KubeRay has not seen the newest spec yet");
  const ready = conditionsOf(object).find(({ type }) => type === "Ready");
  if (ready?.status === "False" && refusals.has(ready.reason)) return failed(ready.message || ready.reason);
  const pending = sideOf(object, "pendingServiceStatus");
  if (pending.cluster !== "" || active.cluster === "") {
    const complaint = complaintOf(pending);
    if (pending.hasFailed) return failed(complaint ?? "Ray Serve cannot deploy the application");
    return inProgress(complaint ?? ready?.message ?? "Ray is starting");
  }
  return activeVerdict(active, ready, { inProgress, failed });
}

interface Answers {
  readonly inProgress: (message: string, reason?: Verdict["reason"]) => Verdict;
  readonly failed: (message: string) => Verdict;
}

/** The verdict when there is no other cluster in the making. */
function activeVerdict(
  active: Side,
  ready: ObservedCondition | undefined,
  { inProgress, failed }: Answers,
): Verdict {
  const { isServing } = active;
  const complaint = complaintOf(active);
  if (active.hasFailed) return failed(complaint ?? "Ray Serve cannot deploy the application");
  if (isServing && ready?.status !== "False") {
    const message = "the application runs on the workers asked for";
    return { phase: "Running", reason: "DeploymentReady", message };
  }
  const message = complaint ?? (ready?.status === "False" ? ready.message : "");
  // A change that needs no new cluster is rolled out under the old replicas.
  const isRolling = !isServing && ready?.status === "True";
  return inProgress(
    message === "" ? "Ray Serve is deploying the application" : message,
    isRolling ? "PreviousVersionServing" : "DeploymentInProgress",
  );
}

/** Reasons of Ready with which KubeRay has given up until the spec changes. */
const refusals: ReadonlySet<string> = new Set(["ValidationFailed", "InitializingTimeout"]);

/** The deepest words there are: of a part of an application, of the application, of the cluster beneath. */
function complaintOf({ applications, status }: Side): string | undefined {
  const troubled = applications.filter((application) => textAt(application, "status") !== "RUNNING");
  const parts = troubled.flatMap((application) => {
    const all = getPath(application, "serveDeploymentStatuses");
    return isObject(all) ? Object.entries(all) : [];
  });
  for (const [name, part] of parts) {
    const message = textAt(part, "message");
    if (message !== "" && textAt(part, "status") !== "HEALTHY") return `${name}: ${message}`;
  }
  const spoken = troubled.map((application) => textAt(application, "message")).find((text) => text !== "");
  if (spoken !== undefined) return spoken;
  const cluster = getPath(status, "rayClusterStatus");
  if (!isObject(cluster)) return undefined;
  return conditionsOf({ status: cluster })
    .filter(({ type, status: state }) => state === (type === "ReplicaFailure" ? "True" : "False"))
    .map(({ message }) => message)
    .find((text) => text !== "");
}
