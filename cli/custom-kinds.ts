/** The kinds of a reader's own: CustomResourceDefinitions in folders, served by the same generic server as ours. */
import type { ResourceDefinition } from "../api/meta/resource-definition.ts";
import { printFieldError } from "../machinery/field/error.ts";
import type { JsonObject } from "../machinery/json/value.ts";
import { loadCustomResourceDefinition } from "../server/crds/load.ts";
import { readManifests } from "./manifests.ts";

/** Every CustomResourceDefinition in a folder. */
const crdsOf = (directory: string): ResourceDefinition[] =>
  readManifests([directory])
    .filter(({ object }) => object["kind"] === "CustomResourceDefinition")
    .map(({ source, object }) => definitionOf(source, object));

/** The kind a CustomResourceDefinition from the named source defines. Throws with the fields where it is wrong. */
export function definitionOf(source: string, object: JsonObject): ResourceDefinition {
  const { definition, errors } = loadCustomResourceDefinition(object);
  if (definition === undefined) {
    throw new Error(`${source}: ${errors.map(printFieldError).join("\n  ")}`);
  }
  return definition;
}

/** Every kind in the folders, the last of each resource. Throws where one is of a group that is not the reader's to serve. */
export function customDefinitions(
  directories: readonly string[],
  reserved: ReadonlySet<string>,
): readonly ResourceDefinition[] {
  const definitions = new Map<string, ResourceDefinition>();
  for (const definition of directories.flatMap(crdsOf)) {
    const { group, plural } = definition;
    if (reserved.has(group)) {
      throw new Error(`a CustomResourceDefinition cannot take over ${plural} of group "${group}"`);
    }
    definitions.set(`${group}/${plural}`, definition);
  }
  return [...definitions.values()];
}
