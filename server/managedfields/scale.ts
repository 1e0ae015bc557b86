import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import { apiVersionOf } from "../../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getPath, setPath } from "../../machinery/json/value.ts";

/**
 * What applying a Scale means for the object it scales: a partial object that names it and sets its replicas, to be
 * applied under the subresource `scale`. Everything else in the Scale is left out; it cannot be changed there. Without
 * a scale subresource at that version, undefined.
 */
export function scaleToParent(
  definition: ResourceDefinition,
  version: string,
  scale: JsonObject,
): JsonObject | undefined {
  const path = definition.versions.find(({ name }) => name === version)?.scale?.specReplicasPath;
  if (path === undefined) return undefined;
  const parent: JsonObject = {
    apiVersion: apiVersionOf({ group: definition.group, version }),
    kind: definition.kind,
    metadata: {},
  };
  copy(scale, ["metadata", "name"], parent);
  copy(scale, ["metadata", "namespace"], parent);
  const replicas = getPath(scale, "spec", "replicas");
  if (replicas !== undefined) setPath(parent, path.split(".").filter(Boolean), replicas);
  return parent;
}

function copy(from: JsonObject, path: readonly string[], to: JsonObject): void {
  const value: JsonValue | undefined = getPath(from, ...path);
  if (value !== undefined) setPath(to, path, value);
}
