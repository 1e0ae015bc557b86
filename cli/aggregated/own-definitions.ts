import { inferenceProviderDefinition } from "../../api/inferenceprovider/definition.ts";
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import { modelDeploymentDefinition } from "../../api/modeldeployment/definition.ts";
import { modelDeploymentConverter } from "../../conversion/modeldeployment/converter.ts";

/** The group this project serves. */
export const ownGroup = "hawsepipe.dev";

/** The kinds of our group, and nothing else: the rest of the API is the cluster's. */
export const ownDefinitions = (): readonly ResourceDefinition[] => [
  modelDeploymentDefinition(modelDeploymentConverter),
  inferenceProviderDefinition(),
];
