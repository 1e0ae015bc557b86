import type { ReviewRequest } from "../../api/admission/review.ts";
import type { ResourceDefinition, ResourceVersionDefinition } from "../../api/meta/resource-definition.ts";
import { apiVersionOf, groupResource } from "../../api/meta/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { getKey } from "../../machinery/json/value.ts";

/** A kind whose objects are reviewed, and its way between the versions. */
export interface ReviewedKind {
  readonly definition: ResourceDefinition;
  readonly hub: ResourceVersionDefinition;
  /** By name. */
  readonly versions: ReadonlyMap<string, ResourceVersionDefinition>;
  /** The object in another version; itself when it is in that version already. */
  convert(object: JsonObject, fromVersion: string, toVersion: string): JsonObject;
}

/** Reviewed kinds by `modeldeployments.hawsepipe.dev`. */
export type ReviewedKinds = ReadonlyMap<string, ReviewedKind>;

/** The kinds of definitions. */
export function reviewedKinds(definitions: readonly ResourceDefinition[]): ReviewedKinds {
  return new Map(
    definitions.map((definition) => [
      groupResource({ group: definition.group, resource: definition.plural }),
      reviewedKind(definition),
    ]),
  );
}

/** The version everything behind admission works on. */
export function hubOf({ plural, versions }: ResourceDefinition): ResourceVersionDefinition {
  const hub = versions.find(({ storage }) => storage);
  if (hub === undefined) throw new Error(`${plural} has no storage version`);
  return hub;
}

function reviewedKind(definition: ResourceDefinition): ReviewedKind {
  const { group, versions, converter } = definition;
  const hub = hubOf(definition);
  return {
    definition,
    hub,
    versions: new Map(versions.map((version) => [version.name, version])),
    convert(object, fromVersion, toVersion) {
      if (fromVersion === toVersion) return object;
      if (converter === undefined)
        return { ...object, apiVersion: apiVersionOf({ group, version: toVersion }) };
      return converter.convert(object, toVersion);
    },
  };
}

/** The kind a review is about, or why it is none of these. Objects are of the group, version and kind announced. */
export function kindOfReview(
  kinds: ReviewedKinds,
  request: ReviewRequest,
): ReviewedKind | { readonly badRequest: string } {
  const { resource, kind, subResource = "" } = request;
  const found = kinds.get(groupResource(resource));
  if (found?.versions.has(resource.version) !== true) {
    return { badRequest: `${groupResource(resource)} ${resource.version} is not reviewed here` };
  }
  // A scale is of another group than the object it belongs to.
  if (subResource === "" && (kind.group !== resource.group || kind.kind !== found.definition.kind)) {
    return { badRequest: `${groupResource(resource)} has no kind ${kind.kind}.${kind.group}` };
  }
  const apiVersion = apiVersionOf(kind);
  for (const field of ["object", "oldObject"] as const) {
    const object = request[field];
    if (object === undefined || object === null) continue;
    if (getKey(object, "apiVersion") !== apiVersion || getKey(object, "kind") !== kind.kind) {
      return { badRequest: `request.${field} is not a ${kind.kind} of ${apiVersion}` };
    }
  }
  return found;
}
