import type { Structural } from "../../machinery/schema/structural.ts";

/**
 * Every leaf of a schema as a path, in declaration order: `spec.model.volumes[].name`. A leaf is a scalar, a list of
 * scalars, a map of scalars, or an object of any shape. Used to prove that nothing a user can write gets lost.
 */
export function leafPaths(schema: Structural, at = ""): string[] {
  if (schema.properties !== undefined && schema.properties.size > 0) {
    return [...schema.properties].flatMap(([name, child]) =>
      leafPaths(child, at === "" ? name : `${at}.${name}`),
    );
  }
  if (hasFields(schema.items)) return leafPaths(schema.items, `${at}[]`);
  if (schema.additionalProperties !== true && hasFields(schema.additionalProperties)) {
    return leafPaths(schema.additionalProperties, `${at}.*`);
  }
  return at === "" ? [] : [at];
}

const hasFields = (schema: Structural | undefined): schema is Structural =>
  schema?.properties !== undefined || schema?.items !== undefined;
