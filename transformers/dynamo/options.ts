/**
 * What overrides of a graph can say without naming its version: `routerMode`, `frontend` and `epp`. Everything else is
 * merged into the resource as it is.
 */
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import { invalid, notSupported } from "../../machinery/field/error.ts";
import { FieldPath } from "../../machinery/field/path.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { amountsAt, fieldsOf } from "../override-fields.ts";

export interface GraphOptions {
  readonly routerMode?: string;
  readonly frontend: { readonly replicas?: number; readonly resources: JsonObject };
  readonly epp: { readonly image?: string };
  /** What is merged into the resource. */
  readonly raw: JsonObject;
}

const at = FieldPath.of("spec", "provider", "overrides");
const routerModes = ["kv", "round-robin", "none"];

/** The options of a graph with the given topology. */
export function graphOptions(
  { spec }: ModelDeployment,
  { hasPicker }: { readonly hasPicker: boolean },
  findings: Findings,
): GraphOptions {
  const { routerMode, frontend, epp, ...raw } = spec.provider?.overrides ?? {};
  const unused = hasPicker ? { routerMode, frontend } : { epp };
  for (const [key, value] of Object.entries(unused)) {
    if (value === undefined) continue;
    const reason = hasPicker
      ? "behind a gateway an endpoint picker takes the frontend's place"
      : "there is an endpoint picker only with spec.networking.gateway.enabled";
    findings.unsupportedField(at.child(key).toString(), reason);
  }
  return {
    ...(hasPicker ? {} : routing(routerMode, findings)),
    frontend: hasPicker ? { resources: {} } : frontendOptions(frontend, findings),
    epp: hasPicker ? pickerOptions(epp, findings) : {},
    raw,
  };
}

function routing(value: JsonValue | undefined, findings: Findings): { routerMode?: string } {
  if (value === undefined) return {};
  if (typeof value === "string" && routerModes.includes(value)) return { routerMode: value };
  findings.error(notSupported(at.child("routerMode"), value, routerModes));
  return {};
}

function frontendOptions(value: JsonValue | undefined, findings: Findings): GraphOptions["frontend"] {
  const path = at.child("frontend");
  const { replicas, resources } = fieldsOf(value, path, ["replicas", "resources"], findings);
  const isCount = Number.isInteger(replicas) && (replicas as number) >= 0;
  if (isCount) {
    const value = replicas as number;
    findings.demands.push({ path: path.child("replicas").toString(), value, of: "replicas", amount: value });
  } else if (replicas !== undefined) {
    findings.error(invalid(path.child("replicas"), replicas, "must be a number, 0 or more"));
  }
  return {
    ...(isCount ? { replicas: replicas as number } : {}),
    resources: amountsAt(resources, path.child("resources"), findings),
  };
}

function pickerOptions(value: JsonValue | undefined, findings: Findings): GraphOptions["epp"] {
  const path = at.child("epp");
  const { image, replicas } = fieldsOf(value, path, ["image", "replicas"], findings);
  if (replicas !== undefined && replicas !== 1) {
    findings.error(invalid(path.child("replicas"), replicas, "Dynamo takes exactly one endpoint picker"));
  }
  return typeof image === "string" && image !== "" ? { image } : {};
}
