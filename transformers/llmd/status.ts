import { asJson } from "../../api/meta/types.ts";
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { componentLabel } from "../names.ts";
import { findObserved, textAt } from "../observed.ts";
import type { DeploymentStatus } from "../pod/deployment-status.ts";
import { deploymentStatus } from "../pod/deployment-status.ts";
import type { ObservedResource, ProviderStatus } from "../transformer.ts";
import type { Component } from "./components.ts";
import { componentsOf } from "./components.ts";
import { servicePort } from "./render.ts";

interface Part {
  readonly component: Component;
  readonly status: DeploymentStatus;
}

/**
 * What the Deployments say. Replicas and endpoint are those of the component that answers; the other one has to be well
 * for the whole to be.
 */
export function llmdStatus(
  deployment: ModelDeployment,
  observed: readonly ObservedResource[],
): ProviderStatus {
  const [serving, ...others] = componentsOf(deployment).map((component): Part => {
    const object = findObserved(observed, "Deployment", component.name);
    const pods = observed.filter((resource) => isPodOf(resource, component));
    return { component, status: deploymentStatus(object, component.replicas, pods) };
  });
  if (serving === undefined) throw new Error("llm-d has no component");
  const exists = findObserved(observed, "Deployment", serving.component.name) !== undefined;
  const endpoint = { service: deployment.metadata.name ?? "", port: servicePort(deployment) };
  return { ...combined([serving, ...others]), ...(exists ? { endpoint } : {}) };
}

function isPodOf({ kind, object }: ObservedResource, { role }: Component): boolean {
  if (kind !== "Pod" || object === undefined) return false;
  return role === undefined || textAt(asJson(object), "metadata", "labels", componentLabel) === role;
}

const severity: readonly ProviderStatus["phase"][] = ["Failed", "Pending", "Deploying", "Running"];

/** The first has the numbers; the worst has the word. */
function combined(parts: readonly [Part, ...Part[]]): DeploymentStatus {
  const [{ status: serving }] = parts;
  if (parts.length === 1) return serving;
  const bySeverity = (part: Part): number => severity.indexOf(part.status.phase);
  const worst = parts.reduce((found, part) => (bySeverity(part) < bySeverity(found) ? part : found));
  const isStale = parts.some(({ status }) => status.isStale);
  const { phase, reason } = worst.status.phase === "Running" ? serving : worst.status;
  const about =
    worst.status.phase === "Running" ? parts : parts.filter(({ status }) => status.phase === phase);
  const message = about
    .map(({ component, status }) => `${component.role ?? ""}: ${status.message}`)
    .join("; ");
  return { phase, reason, message, replicas: serving.replicas, isStale };
}
