import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { Findings } from "./findings.ts";

/**
 * Fields no provider honours yet. An explicit false for the gateway is honoured: nothing is published. A provider that
 * brings its own endpoint picker answers for `enabled` itself.
 */
export function unsupportedEverywhere(
  { spec }: ModelDeployment,
  findings: Findings,
  own: { readonly gateway?: boolean } = {},
): void {
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
