import type { ResourceDefinition } from "../../../api/meta/resource-definition.ts";
import type { UserInfo } from "../../../api/meta/user.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import type { Structural } from "../../../machinery/schema/structural.ts";

/** A kind without storage: what is posted is answered with its status filled in. */
export interface ReviewKind {
  readonly definition: ResourceDefinition;
  /** The object has been decoded and checked against the schema; metadata.namespace is that of the request. */
  create(object: JsonObject, user: UserInfo): Promise<JsonObject>;
}

/** A definition of a review in version v1, which is the only one the groups have. */
export function reviewDefinition(options: {
  readonly group: string;
  readonly kind: string;
  readonly namespaced?: boolean;
  readonly schema: Structural;
}): ResourceDefinition {
  const singular = options.kind.toLowerCase();
  return {
    group: options.group,
    kind: options.kind,
    listKind: `${options.kind}List`,
    plural: `${singular}s`,
    singular,
    shortNames: [],
    categories: [],
    namespaced: options.namespaced ?? false,
    versions: [{ name: "v1", served: true, storage: true, schema: options.schema, columns: [] }],
    review: true,
    verbs: ["create"],
  };
}

/** An object schema with the properties; the names in `required` must be there. */
export const object = (
  description: string,
  properties: Readonly<Record<string, Structural>>,
  required: readonly string[] = [],
): Structural => ({
  type: "object",
  description,
  properties: new Map(Object.entries(properties)),
  ...(required.length === 0 ? {} : { validation: { required } }),
});

export const text = (description: string): Structural => ({ type: "string", description });
export const flag = (description: string): Structural => ({ type: "boolean", description });
export const listOf = (description: string, items: Structural): Structural => ({
  type: "array",
  description,
  items,
  listType: "atomic",
});
export const texts = (description: string): Structural => listOf(description, { type: "string" });
/** A map whose values are lists of strings. */
export const textsByKey = (description: string): Structural => ({
  type: "object",
  description,
  additionalProperties: { type: "array", items: { type: "string" } },
});
