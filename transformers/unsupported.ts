import type { ModelDeployment, ServingSpec } from "../api/modeldeployment/v1alpha2/types.ts";
import { invalid } from "../machinery/field/error.ts";
import type { Findings } from "./findings.ts";
import { nodeCount } from "./pod/resources.ts";

/**
 * Fields no provider honours yet. An explicit false for the gateway is honoured: nothing is published. A provider that
 * brings its own endpoint picker answers for `enabled` itself.
 */
export function unsupportedEverywhere(
  { spec }: ModelDeployment,
  findings: Findings,
  own: { readonly gateway?: boolean; readonly nodes?: boolean } = {},
): void {
  if (own.nodes !== true) refuseNodes(spec.serving ?? {}, findings);
  const gateway = spec.networking?.gateway;
  findings.unsupportedFields(
    {
      "spec.networking.gateway.enabled": gateway?.enabled === true && own.gateway !== true ? true : undefined,
      "spec.networking.gateway.modelName": gateway?.modelName,
      "spec.networking.gateway.httpRouteRef": gateway?.httpRouteRef,
    },
    "no route and no endpoint picker is rendered; docs/guides/gateway.md has what to apply instead",
  );
  const { prefill, decode, replicas, resources } = spec.serving ?? {};
  if (spec.serving?.mode === "disaggregated") {
    findings.unsupportedFields(
      { "spec.serving.replicas": replicas, "spec.serving.resources": resources },
      "in disaggregated mode prefill and decode have their own",
    );
    return;
  }
  findings.unsupportedFields(
    { "spec.serving.prefill": prefill, "spec.serving.decode": decode },
    "only used in disaggregated mode",
  );
}

/** A model that needs several nodes would not fit on one: it is no field to be ignored. */
function refuseNodes({ mode, resources, prefill, decode }: ServingSpec, findings: Findings): void {
  const parts =
    mode === "disaggregated"
      ? { "prefill.resources": prefill?.resources, "decode.resources": decode?.resources }
      : { resources };
  for (const [at, part] of Object.entries(parts)) {
    const nodes = nodeCount(part);
    if (nodes === 1) continue;
    findings.error(
      invalid(
        `spec.serving.${at}.gpu.nodes`,
        nodes,
        "this provider runs each replica on one node; dynamo has replicas that span several",
      ),
    );
  }
}
