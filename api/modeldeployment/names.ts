import type { PrinterColumn, ScaleSubresource } from "../meta/resource-definition.ts";

/** How ModelDeployment is named on the wire. */
export const modelDeploymentNames = {
  group: "hawsepipe.dev",
  kind: "ModelDeployment",
  listKind: "ModelDeploymentList",
  plural: "modeldeployments",
  singular: "modeldeployment",
  shortNames: ["mdep"],
  categories: ["all", "hawsepipe"],
  namespaced: true,
} as const;

/** The columns of `kubectl get`; every path exists in both versions. */
export const modelDeploymentColumns: readonly PrinterColumn[] = [
  { name: "Phase", type: "string", jsonPath: ".status.phase", description: "Summary of the state" },
  { name: "Provider", type: "string", jsonPath: ".spec.provider.name", description: "Provider in use" },
  { name: "Engine", type: "string", jsonPath: ".spec.engine.type", description: "Engine in use" },
  {
    name: "Desired",
    type: "integer",
    jsonPath: ".status.replicas.desired",
    description: "Replicas asked for",
  },
  {
    name: "Ready",
    type: "integer",
    jsonPath: ".status.replicas.ready",
    description: "Replicas that are ready",
  },
  { name: "Model", type: "string", jsonPath: ".spec.model.id", description: "The model", priority: 1 },
  {
    name: "Endpoint",
    type: "string",
    jsonPath: ".status.endpoint.service",
    description: "Service that answers requests",
    priority: 1,
  },
  {
    name: "Message",
    type: "string",
    jsonPath: ".status.message",
    description: "What the phase means",
    priority: 1,
  },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "Time since creation" },
];

const selectableFields = [".spec.provider.name", ".spec.engine.type", ".spec.model.id", ".status.phase"];

/**
 * Fields usable in field selectors, the same in both versions. Of a CustomResourceDefinition kube-apiserver moves a list
 * that is the same in every version to the top, and then refuses it there because the schemas, which differ, stayed
 * behind. The order has no meaning, so one version has it the other way round.
 */
export const modelDeploymentSelectableFields = {
  v1alpha1: selectableFields.toReversed(),
  v1alpha2: selectableFields,
} as const;

const scale = (specReplicasPath: string): ScaleSubresource => ({
  specReplicasPath,
  statusReplicasPath: ".status.replicas.ready",
  labelSelectorPath: ".status.selector",
});

/** Where a version keeps what `/scale` reads and writes. */
export const modelDeploymentScale = {
  v1alpha1: scale(".spec.scaling.replicas"),
  v1alpha2: scale(".spec.serving.replicas"),
} as const;
