import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import { apiVersionOf, parseApiVersion } from "../../api/meta/types.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getPath, setPath } from "../../machinery/json/value.ts";
import { FieldSet } from "../../machinery/smd/field-set.ts";
import type { Managers, VersionedSet } from "../../machinery/smd/managers.ts";
import { fieldElement } from "../../machinery/smd/path-element.ts";

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

/** Where the replicas of the version are; undefined without a scale subresource. */
export function scalePath(definition: ResourceDefinition, apiVersion: string): readonly string[] | undefined {
  const { version: name } = parseApiVersion(apiVersion);
  const path = definition.versions.find((version) => version.name === name)?.scale?.specReplicasPath;
  return path?.split(".").filter(Boolean);
}

/**
 * Whether a write of the count leaves it without an owner: a Scale says zero by leaving the count out, and a count nobody
 * owned stays so, as what nobody tracks is not tracked.
 */
export function isUntrackedScale(next: JsonObject, before: Managers, path: readonly string[]): boolean {
  if (getPath(next, ...path) === 0) return true;
  const field = path.map(fieldElement);
  return ![...before.values()].some(({ set }) => set.has(field));
}

/** The managers without the field; those that owned nothing else are gone. */
export function disowned(managers: Managers, path: readonly string[]): Map<string, VersionedSet> {
  const field = FieldSet.of(path.map(fieldElement));
  const left = new Map<string, VersionedSet>();
  for (const [manager, versioned] of managers) {
    const set = versioned.set.difference(field);
    if (!set.isEmpty) left.set(manager, { ...versioned, set });
  }
  return left;
}

function copy(from: JsonObject, path: readonly string[], to: JsonObject): void {
  const value: JsonValue | undefined = getPath(from, ...path);
  if (value !== undefined) setPath(to, path, value);
}
