import type {
  ModelDeployment,
  ServingResources,
  ServingSpec,
} from "../api/modeldeployment/v1alpha2/types.ts";
import { invalid } from "../machinery/field/error.ts";
import type { Findings } from "./findings.ts";
import { isSet } from "./findings.ts";
import { defaultGpuType, gpuCount, nodeCount } from "./pod/resources.ts";
import { isMountedElsewhere } from "./pod/volumes.ts";

/**
 * Fields no provider honours yet, and those that others leave without a meaning. An explicit false for the gateway is
 * honoured: nothing is published. A provider that brings its own endpoint picker answers for `enabled` itself.
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
  reportPurpose(spec, findings);
  reportTypes(spec.serving ?? {}, findings);
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
function refuseNodes(serving: ServingSpec, findings: Findings): void {
  for (const [at, part] of componentResources(serving)) {
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

/** Where nothing is asked for, it does not matter of what. */
function reportTypes(serving: ServingSpec, findings: Findings): void {
  for (const [at, part] of componentResources(serving)) {
    const type = part?.gpu?.type;
    if (gpuCount(part) > 0 || !isSet(type) || type === defaultGpuType) continue;
    findings.unsupportedField(`spec.serving.${at}.gpu.type`, "no accelerators are asked for");
  }
}

/** A custom model that has an id is neither downloaded nor looked for on the volume that is meant for weights. */
function reportPurpose({ model }: ModelDeployment["spec"], findings: Findings): void {
  if (model.source !== "custom" || !isSet(model.id)) return;
  for (const [i, volume] of (model.volumes ?? []).entries()) {
    if (volume.purpose !== "modelCache" || !isMountedElsewhere(volume)) continue;
    findings.unsupportedField(
      `spec.model.volumes[${String(i)}].purpose`,
      "a custom model is found by spec.model.id; the volume is only mounted",
    );
  }
}

/** What the mode gives resources to, by its path in `spec.serving`. */
const componentResources = ({
  mode,
  resources,
  prefill,
  decode,
}: ServingSpec): readonly (readonly [string, ServingResources | undefined])[] =>
  mode === "disaggregated"
    ? [
        ["prefill.resources", prefill?.resources],
        ["decode.resources", decode?.resources],
      ]
    : [["resources", resources]];
