import { inferenceProviderDefinition } from "../../api/inferenceprovider/definition.ts";
import { llamaStackDistributionDefinition } from "../../api/llamastackdistribution/definition.ts";
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import { modelDeploymentDefinition } from "../../api/modeldeployment/definition.ts";
import { llamaStackDistributionConverter } from "../../conversion/llamastackdistribution/converter.ts";
import { modelDeploymentConverter } from "../../conversion/modeldeployment/converter.ts";

/** The group this project serves. */
export const ownGroup = "hawsepipe.dev";

/** Groups that no kind of a reader's own can be of: ours, and that of the records everything is kept in. */
export const reservedGroups: ReadonlySet<string> = new Set([ownGroup, "storage.hawsepipe.dev"]);

/** The kinds of our group. */
export const ownDefinitions = (): readonly ResourceDefinition[] => [
  modelDeploymentDefinition(modelDeploymentConverter),
  llamaStackDistributionDefinition(llamaStackDistributionConverter),
  inferenceProviderDefinition(),
];

/** A version of a group, as an APIService names it: what kube-apiserver passes on as a whole. */
export interface ServedVersion {
  readonly group: string;
  readonly version: string;
}

/** Every version kinds are served in, each once. */
export function servedVersions(definitions: readonly ResourceDefinition[]): readonly ServedVersion[] {
  const versions = definitions.flatMap(({ group, versions }) =>
    versions
      .filter(({ served }) => served)
      .map(({ name }) => [`${name}.${group}`, { group, version: name }] as const),
  );
  return [...new Map(versions).values()];
}
