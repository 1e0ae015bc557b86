import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, getPath, isObject } from "../../machinery/json/value.ts";
import type { ObservedCondition } from "../observed.ts";
import { complaintOf, conditionsOf, findObserved, numberAt, textAt } from "../observed.ts";
import type { ObservedResource, ProviderStatus } from "../transformer.ts";
import { componentNames, frontendPort } from "./graph.ts";

type Verdict = Pick<ProviderStatus, "phase" | "reason" | "message">;

/**
 * What the graph says. Only its engines count as replicas: workers, or in disaggregated mode those that decode. Dynamo
 * calls a graph successful while old pods still answer, so the parts that were updated are looked at as well.
 */
export function dynamoStatus(
  deployment: ModelDeployment,
  observed: readonly ObservedResource[],
): ProviderStatus {
  const object = findObserved(observed, "DynamoGraphDeployment");
  const { serving } = deployment.spec;
  const isDisaggregated = serving?.mode === "disaggregated";
  const parts = (isDisaggregated ? [serving.decode, serving.prefill] : [serving]).map(
    (part) => part?.replicas ?? 1,
  );
  const names = isDisaggregated ? [componentNames.decode, componentNames.prefill] : [componentNames.worker];
  const engines = names.map((name, i) => engineOf(object, name, parts[i] ?? 1));
  const [answering] = engines;
  const replicas = {
    desired: answering?.desired ?? 1,
    ready: answering?.ready ?? 0,
    available: answering?.available ?? 0,
  };
  if (object === undefined) {
    const message = "the DynamoGraphDeployment does not exist yet";
    return { phase: "Pending", reason: "ResourceMissing", message, replicas, isStale: true };
  }
  const isStale = isBehind(object);
  const endpoint = componentsOf(object, componentNames.frontend)
    ? { service: `${deployment.metadata.name ?? ""}-frontend`, port: frontendPort }
    : undefined;
  return {
    ...verdictOf(object, engines, isStale),
    replicas,
    ...(endpoint === undefined ? {} : { endpoint }),
    isStale,
  };
}

/** Replicas of a component that runs an engine. */
interface Engine {
  readonly name: string;
  readonly desired: number;
  readonly total: number;
  readonly ready: number;
  readonly available: number;
  readonly updated: number;
}

/** The status of a component, which v1alpha1 calls a service. */
function componentsOf(object: JsonObject | undefined, name: string): JsonObject | undefined {
  for (const field of ["components", "services"]) {
    const all = getPath(object, "status", field);
    const found: JsonValue | undefined = isObject(all) ? getKey(all, name) : undefined;
    if (isObject(found)) return found;
  }
  return undefined;
}

function engineOf(object: JsonObject | undefined, name: string, wanted: number): Engine {
  const status = componentsOf(object, name);
  // Not every workload beneath a component reports both.
  const ready = numberAt(status, numberAt(status, 0, "availableReplicas"), "readyReplicas");
  return {
    name,
    desired: wanted,
    total: numberAt(status, 0, "replicas"),
    ready,
    available: numberAt(status, ready, "availableReplicas"),
    updated: numberAt(status, 0, "updatedReplicas"),
  };
}

/** Whether Dynamo has not looked at the newest spec. Before it does for the first time there is no status at all. */
function isBehind(object: JsonObject): boolean {
  if (!isObject(object["status"])) return true;
  const generation = numberAt(object, 0, "metadata", "generation");
  return numberAt(object, generation, "status", "observedGeneration") < generation;
}

function verdictOf(object: JsonObject, engines: readonly Engine[], isStale: boolean): Verdict {
  const conditions = conditionsOf(object);
  const isServing = engines.every(({ ready }) => ready > 0);
  const inProgress = (message: string): Verdict => ({
    phase: "Deploying",
    reason: isServing ? "PreviousVersionServing" : "DeploymentInProgress",
    message,
  });
  if (isStale) return inProgress("Dynamo has not seen the newest spec yet");
  const state = textAt(object, "status", "state");
  switch (state) {
    case "successful":
      return whenSuccessful(engines, inProgress);
    case "failed": {
      const message = complaint(conditions) ?? "Dynamo failed and gives no reason";
      return { phase: "Failed", reason: isServing ? "UpdateFailed" : "DeploymentFailed", message };
    }
    case "initializing":
    case "pending": {
      const message = complaint(conditions) ?? counts(engines);
      // Pods that became ready before, and are not all there now, are no previous version.
      return isRolling(object)
        ? inProgress(message)
        : { phase: "Deploying", reason: "DeploymentInProgress", message };
    }
    default:
      return {
        phase: "Pending",
        reason: "DeploymentInProgress",
        message: `the graph is in the unknown state ${JSON.stringify(state)}`,
      };
  }
}

function whenSuccessful(engines: readonly Engine[], inProgress: (message: string) => Verdict): Verdict {
  const isOff = engines.every(({ desired }) => desired === 0);
  if (isOff && engines.every(({ total }) => total === 0)) {
    return { phase: "Running", reason: "ScaledToZero", message: "scaled to zero" };
  }
  const isComplete = engines.every(
    ({ desired, total, ready, updated }) =>
      updated >= desired && total <= updated && ready >= desired && (desired > 0 || total === 0),
  );
  if (!isComplete) return inProgress(counts(engines));
  return { phase: "Running", reason: "DeploymentReady", message: counts(engines) };
}

/** `1 of 2 replicas of VllmWorker are ready, 1 run the newest spec`. */
function counts(engines: readonly Engine[]): string {
  return engines
    .map(({ name, desired, ready, updated }) => {
      const text = `${String(ready)} of ${String(desired)} replicas of ${name} are ready`;
      return updated < ready ? `${text}, ${String(updated)} run the newest spec` : text;
    })
    .join("; ");
}

const isRolling = (object: JsonObject): boolean =>
  ["Pending", "InProgress"].includes(textAt(object, "status", "rollingUpdate", "phase"));

const complaint = (conditions: readonly ObservedCondition[]): string | undefined =>
  complaintOf(conditions, "Ready");
