/** What overrides can say about the head, which has no place in the spec; everything else is merged as it is. */
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { forbidden, invalid } from "../../machinery/field/error.ts";
import { FieldPath } from "../../machinery/field/path.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { amountsAt, fieldsOf } from "../override-fields.ts";

/** The head of a cluster. */
export interface HeadOptions {
  readonly resources: JsonObject;
  readonly rayStartParams: JsonObject;
}

export interface RayOptions {
  readonly head: HeadOptions;
  /** What is merged into the resource. */
  readonly raw: JsonObject;
}

const at = FieldPath.of("spec", "provider", "overrides");

/** The options of a deployment whose groups of workers have these names. */
export function rayOptions(
  { spec }: ModelDeployment,
  groups: readonly string[],
  findings: Findings,
): RayOptions {
  const { head, ...raw } = spec.provider?.overrides ?? {};
  const path = at.child("head");
  const { resources, rayStartParams } = fieldsOf(head, path, ["resources", "rayStartParams"], findings);
  const params = isObject(rayStartParams) ? rayStartParams : {};
  if (rayStartParams !== undefined && !isObject(rayStartParams)) {
    findings.error(invalid(path.child("rayStartParams"), rayStartParams, "must be an object"));
  }
  for (const [name, value] of Object.entries(params)) {
    if (typeof value === "string") continue;
    findings.error(invalid(path.child("rayStartParams").child(name), value, "must be a text"));
  }
  validateGroups(raw, groups, findings);
  return {
    head: { resources: amountsAt(resources, path.child("resources"), findings), rayStartParams: params },
    raw,
  };
}

/** Groups may be changed, not added, and keep their size: nothing would count what they take. */
function validateGroups(raw: JsonObject, groups: readonly string[], findings: Findings): void {
  for (const name of ["enableInTreeAutoscaling", "autoscalerOptions"]) {
    if (getPath(raw, "spec", "rayClusterConfig", name) === undefined) continue;
    const path = at.child("spec").child("rayClusterConfig").child(name);
    findings.error(forbidden(path, "groups of workers have the size that spec.serving says"));
  }
  const items = getPath(raw, "spec", "rayClusterConfig", "workerGroupSpecs");
  for (const [i, item] of (Array.isArray(items) ? items : []).entries()) {
    const name = getPath(item, "groupName");
    if (typeof name === "string" && groups.includes(name)) continue;
    const path = at.child("spec").child("rayClusterConfig").child("workerGroupSpecs").index(i);
    findings.error(
      forbidden(path.child("groupName"), `is no group of this deployment, which has ${groups.join(", ")}`),
    );
  }
}
