/**
 * Two versions as a table: fields and subtrees that both have, perhaps in different places, and objects that exist in
 * both even when nothing is in them. What a table cannot say is a rule of its own beside it.
 */
import type { JsonObject, JsonValue } from "../machinery/json/value.ts";
import { getPath, isObject, setKey, setPath } from "../machinery/json/value.ts";
import { ownAnnotations } from "./annotations.ts";

export type Path = readonly string[];
export type Version = "v1alpha1" | "v1alpha2";

/** A field or subtree that both versions have. */
export type Move = Readonly<Record<Version, Path>>;

/** A kind's table. */
export interface Table {
  readonly moves: readonly Move[];
  readonly containers: readonly Move[];
}

/** `spec.model.id` as a path. */
export const dotted = (path: string): Path => path.split(".");

/** A move by the names of both places; one name when the place is the same. */
export const move = (v1alpha1: string, v1alpha2 = v1alpha1): Move => ({
  v1alpha1: dotted(v1alpha1),
  v1alpha2: dotted(v1alpha2),
});

/**
 * Everything of an object the table knows, in its places of the other version, with metadata as it is. Values are shared
 * with the input; what leads to them, metadata and annotations are the result's own, so that more can be put beside.
 */
export function moveAll(
  from: JsonObject,
  { moves, containers }: Table,
  direction: { readonly source: Version; readonly target: Version; readonly group: string },
): JsonObject {
  const { source, target } = direction;
  const to: JsonObject = {};
  for (const [key, value] of Object.entries(from)) {
    if (key !== "spec" && key !== "status") setKey(to, key, value);
  }
  ownAnnotations(to);
  setKey(to, "apiVersion", `${direction.group}/${target}`);
  for (const container of containers) {
    if (isObject(getPath(from, ...container[source]))) put(to, container[target], {});
  }
  for (const step of moves) {
    const value = getPath(from, ...step[source]);
    if (value !== undefined) put(to, step[target], value);
  }
  return to;
}

/** Sets a value; an object that is there already is kept when the value is an empty one. */
export function put(to: JsonObject, path: Path, value: JsonValue): void {
  if (isObject(value) && Object.keys(value).length === 0 && isObject(getPath(to, ...path))) return;
  setPath(to, path, value);
}
