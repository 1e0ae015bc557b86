import type { ApiError } from "../../api/errors/api-error.ts";
import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import { asJson } from "../../api/meta/types.ts";
import type { FieldError, FieldErrorType } from "../../machinery/field/error.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import { refusalCauses } from "../dry-run-errors.ts";
import { pathInOrigin } from "../origin-path.ts";
import { nameOf } from "../trial.ts";

/** A place in a rendered resource, and the field it comes from. */
type Origin = readonly [rendered: string, field: string];

const container = "spec.template.spec.containers[0]";
const overrides = "spec.workload.overrides";

const origins: Readonly<Record<string, readonly Origin[]>> = {
  Deployment: [
    ["spec.replicas", "spec.workload.replicas"],
    [`${container}.resources`, "spec.workload.resources"],
    [`${container}.image`, "spec.distribution.image"],
    ...["env", "command", "args", "volumeMounts"].map((name): Origin => [
      `${container}.${name}`,
      `${overrides}.${name}`,
    ]),
    [`${container}.ports`, "spec.networking.port"],
    ...["volumes", "serviceAccountName", "terminationGracePeriodSeconds"].map((name): Origin => [
      `spec.template.spec.${name}`,
      `${overrides}.${name}`,
    ]),
    ["spec.template.spec.topologySpreadConstraints", "spec.workload.topologySpreadConstraints"],
  ],
  PersistentVolumeClaim: [["spec.resources.requests", "spec.workload.storage.size"]],
  Service: [["spec.ports", "spec.networking.port"]],
  HorizontalPodAutoscaler: [
    ["spec.minReplicas", "spec.workload.autoscaling.minReplicas"],
    ["spec.maxReplicas", "spec.workload.autoscaling.maxReplicas"],
    ["spec", "spec.workload.autoscaling"],
  ],
  PodDisruptionBudget: [
    ["spec.minAvailable", "spec.workload.podDisruptionBudget.minAvailable"],
    ["spec.maxUnavailable", "spec.workload.podDisruptionBudget.maxUnavailable"],
  ],
  Ingress: [
    ["spec.rules[0].host", "spec.networking.expose.hostname"],
    ["spec.ingressClassName", "spec.networking.expose.className"],
  ],
  NetworkPolicy: [["spec.ingress", "spec.networking.allowedFrom"]],
};

/**
 * What the host refused, in the words of the distribution where it set what is refused; anything else is named by the
 * resource and its own path.
 */
export function stackRefusals(
  error: ApiError,
  resource: KubeObject,
  distribution: LlamaStackDistribution,
): FieldError[] {
  const causes = refusalCauses(error);
  const isForbidden = error.code === 403;
  if (causes.length === 0) {
    const type = isForbidden ? "FieldValueForbidden" : "FieldValueInvalid";
    const detail = `${isForbidden ? "Forbidden" : "Invalid value"}: ${nameOf(resource)} is refused: ${error.message}`;
    return [{ type, path: "spec", detail }];
  }
  return causes.map(({ field = "", message = "", reason }) => {
    const type = (reason ?? "FieldValueInvalid") as FieldErrorType;
    const path = originOf(field, resource, distribution);
    return path === undefined
      ? { type, path: "spec", detail: `${nameOf(resource)} is refused: ${field}: ${message}` }
      : { type, path, detail: message };
  });
}

/** The field of the distribution that a field of the resource comes from; undefined where it set nothing there. */
function originOf(
  field: string,
  resource: KubeObject,
  distribution: LlamaStackDistribution,
): string | undefined {
  for (const [rendered, origin] of origins[resource.kind] ?? []) {
    const rest = field.slice(rendered.length);
    if (!field.startsWith(rendered) || !/^($|[.[])/.test(rest)) continue;
    const written = valueAt(distribution as unknown as JsonValue, origin);
    if (written === undefined) return undefined;
    const within = deepest(written, rest, valueAt(asJson(resource), rendered));
    if (within === "") return Array.isArray(written) && rest !== "" ? undefined : origin;
    return within.startsWith("[") ? `${origin}${within}` : `${origin}.${within}`;
  }
  return undefined;
}

/** As much of a path as leads through what was written; the rest are defaults, or what is missing. */
function deepest(written: JsonValue, path: string, merged: JsonValue | undefined): string {
  // Webhooks may write paths as they like.
  const steps = path.match(/\.[^.[]+|\[[^\]]*\]/g) ?? [];
  for (let count = steps.length; count > 0; count -= 1) {
    const found = pathInOrigin(written, steps.slice(0, count).join(""), merged);
    if (found !== undefined) return found;
  }
  return "";
}

/** The value at a path of plain names and indexes. */
const valueAt = (object: JsonValue, path: string): JsonValue | undefined =>
  path
    .split(/[.[\]]+/)
    .filter((step) => step !== "")
    .reduce<JsonValue | undefined>(
      (value, step) => (Array.isArray(value) ? value[Number(step)] : getPath(value, step)),
      object,
    );
