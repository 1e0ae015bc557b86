import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import { coreDefinitions } from "../../cluster/standalone/core/kinds.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { ownDefinitions } from "../aggregated/own-definitions.ts";
import { customDefinitions, definitionOf } from "../custom-kinds.ts";
import manifests from "./generated/manifests.json" with { type: "json" };

const keyOf = (definition: ResourceDefinition): string => `${definition.group}/${definition.plural}`;

/**
 * Every kind a standalone server serves: core kinds, ours, and CRDs. A CRD of the user takes the place of a built-in one
 * of the same resource, so that an operator's real definition can be checked against.
 */
export function standaloneDefinitions(crdDirectories: readonly string[]): readonly ResourceDefinition[] {
  const definitions = new Map<string, ResourceDefinition>();
  for (const definition of [...coreDefinitions(), ...ownDefinitions(), ...providerDefinitions()]) {
    definitions.set(keyOf(definition), definition);
  }
  const ours = new Set(["hawsepipe.dev", "", "apps", "rbac.authorization.k8s.io"]);
  for (const definition of customDefinitions(crdDirectories, ours)) {
    definitions.set(keyOf(definition), definition);
  }
  return [...definitions.values()];
}

/** The provider kinds of the project's own, small CRDs in cluster/standalone/crds. */
const providerDefinitions = (): readonly ResourceDefinition[] =>
  manifests.definitions.map((object) => definitionOf(object.metadata.name, object as JsonObject));
