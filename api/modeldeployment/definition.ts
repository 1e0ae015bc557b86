import { loadSchema } from "../common/load.ts";
import v1alpha1 from "../generated/modeldeployment.v1alpha1.json" with { type: "json" };
import v1alpha2 from "../generated/modeldeployment.v1alpha2.json" with { type: "json" };
import type {
  ConnectSubresource,
  Converter,
  ResourceDefinition,
  ResourceVersionDefinition,
} from "../meta/resource-definition.ts";
import {
  modelDeploymentColumns,
  modelDeploymentNames,
  modelDeploymentScale,
  modelDeploymentSelectableFields,
} from "./names.ts";

/** The version objects are stored in and everything behind admission works on. */
export const modelDeploymentHub = "v1alpha2";

const connect: readonly ConnectSubresource[] = [
  {
    name: "manifests",
    verbs: ["get"],
    kind: {
      group: modelDeploymentNames.group,
      version: modelDeploymentHub,
      kind: "ModelDeploymentManifests",
    },
  },
  {
    name: "reconcile",
    verbs: ["create"],
    kind: {
      group: modelDeploymentNames.group,
      version: modelDeploymentHub,
      kind: "ModelDeploymentReconcile",
    },
  },
];

/**
 * What the generic server needs to serve ModelDeployment. The converter is given by the caller, because conversion/
 * stands above api/.
 */
export function modelDeploymentDefinition(converter: Converter): ResourceDefinition {
  const version = (name: "v1alpha1" | "v1alpha2", generated: unknown): ResourceVersionDefinition => ({
    name,
    served: true,
    storage: name === modelDeploymentHub,
    schema: loadSchema(generated, `ModelDeployment ${name}`),
    columns: modelDeploymentColumns,
    selectableFields: modelDeploymentSelectableFields[name],
    status: true,
    scale: modelDeploymentScale[name],
  });
  return {
    ...modelDeploymentNames,
    versions: [version("v1alpha2", v1alpha2), version("v1alpha1", v1alpha1)],
    converter,
    connect,
  };
}
