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
import { modelDeploymentSchemas } from "./schemas.ts";

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
  const version = (name: "v1alpha1" | "v1alpha2"): ResourceVersionDefinition => ({
    name,
    served: true,
    storage: name === modelDeploymentHub,
    get schema() {
      return modelDeploymentSchemas[name]();
    },
    columns: modelDeploymentColumns,
    selectableFields: modelDeploymentSelectableFields[name],
    status: true,
    scale: modelDeploymentScale[name],
  });
  return {
    ...modelDeploymentNames,
    versions: [version("v1alpha2"), version("v1alpha1")],
    converter,
    connect,
  };
}
