import type { KubeObject } from "../../api/meta/types.ts";
import { asJson, asKubeObject } from "../../api/meta/types.ts";
import type { ModelDeployment } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { isObject } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { mergeOverrides, mergeSchema } from "../overrides.ts";
import { podSpecPath } from "../pod/deployment.ts";
import type { Component } from "./components.ts";

const schema = mergeSchema([podSpecPath]);

/**
 * `spec.provider.overrides` over the Deployment of a component: what stands below `prefill` or `decode` over that one, after
 * what stands at the root over each.
 */
export function withComponentOverrides(
  resource: KubeObject,
  { spec }: ModelDeployment,
  component: Component,
  findings: Findings,
): KubeObject {
  const { prefill, decode, ...common } = spec.provider?.overrides ?? {};
  const own = { prefill, decode };
  for (const role of ["prefill", "decode"] as const) {
    if (own[role] === undefined || component.role !== undefined) continue;
    findings.unsupportedField(`spec.provider.overrides.${role}`, "only used in disaggregated mode");
  }
  const patch = component.role === undefined ? undefined : own[component.role];
  return asKubeObject(merged(merged(asJson(resource), common), isObject(patch) ? patch : {}));
}

const merged = (target: JsonObject, patch: JsonObject): JsonObject => mergeOverrides(target, patch, schema);
