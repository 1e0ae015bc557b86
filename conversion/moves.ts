/**
 * Two versions as a table: fields and subtrees that both have, perhaps in different places, and objects that exist in
 * both even when nothing is in them. What a table cannot say is a rule of its own beside it.
 */
import type { JsonObject, JsonValue } from "../machinery/json/value.ts";
import { getKey, getPath, isObject, setKey, setPath } from "../machinery/json/value.ts";
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

/** What a mover does: everything of an object the table knows, in its places of the other version, with metadata as it is. */
export type Mover = (from: JsonObject) => JsonObject;

/**
 * The table in one direction. Values are shared with the input; what leads to them, metadata and annotations are the
 * result's own, so that more can be put beside. Every object on a path is looked up once, however many paths lead
 * through it.
 */
export function moverOf(
  { moves, containers }: Table,
  direction: { readonly source: Version; readonly target: Version; readonly group: string },
): Mover {
  const { source, target, group } = direction;
  const apiVersion = `${group}/${target}`;
  const sources = new Places();
  const targets = new Places();
  const contained = containers.map((step) => [sources.add(step[source]), targets.add(step[target])] as const);
  const moved = moves.map((step) => [sources.leaf(step[source]), targets.leaf(step[target])] as const);
  return (from) => {
    const to: JsonObject = {};
    for (const key of Object.keys(from)) {
      if (key !== "spec" && key !== "status") setKey(to, key, from[key] as JsonValue);
    }
    ownAnnotations(to);
    setKey(to, "apiVersion", apiVersion);
    const found = sources.find(from);
    const made = targets.in(to);
    for (const [at, place] of contained) if (found[at] !== undefined) made(place);
    for (const [leaf, place] of moved) {
      const parent = found[leaf.parent];
      const value = parent === undefined ? undefined : getKey(parent, leaf.key);
      if (value !== undefined) putInto(made(place.parent), place.key, value);
    }
    return to;
  };
}

interface Leaf {
  /** The number of the object it is in. */
  readonly parent: number;
  readonly key: string;
}

/** The objects that lead to the fields of a version, numbered; each comes after the one it is in. The first is the root. */
class Places {
  readonly #all: Leaf[] = [{ parent: -1, key: "" }];
  readonly #known = new Map<string, number>([["[]", 0]]);

  /** The number of the object at a path. */
  add(path: Path): number {
    const text = JSON.stringify(path);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const place = this.leaf(path);
    this.#known.set(text, this.#all.length);
    return this.#all.push(place) - 1;
  }

  leaf(path: Path): Leaf {
    return { parent: this.add(path.slice(0, -1)), key: path.at(-1) ?? "" };
  }

  /** What of them an object has, by number. */
  find(root: JsonObject): readonly (JsonObject | undefined)[] {
    const found: (JsonObject | undefined)[] = [root];
    for (let i = 1; i < this.#all.length; i += 1) {
      const { parent, key } = this.#all[i] as Leaf;
      const outer = found[parent];
      const inner = outer === undefined ? undefined : getKey(outer, key);
      found.push(isObject(inner) ? inner : undefined);
    }
    return found;
  }

  /** Gives each by number, made in the object where it is not there. */
  in(root: JsonObject): (place: number) => JsonObject {
    const made: (JsonObject | undefined)[] = [root];
    const make = (place: number): JsonObject => {
      const known = made[place];
      if (known !== undefined) return known;
      const { parent, key } = this.#all[place] as Leaf;
      const outer = make(parent);
      const present = getKey(outer, key);
      const object = isObject(present) ? present : {};
      if (object !== present) setKey(outer, key, object);
      made[place] = object;
      return object;
    };
    return make;
  }
}

function putInto(to: JsonObject, key: string, value: JsonValue): void {
  if (isObject(value) && Object.keys(value).length === 0 && isObject(getKey(to, key))) return;
  setKey(to, key, value);
}

/** Sets a value; an object that is there already is kept when the value is an empty one. */
export function put(to: JsonObject, path: Path, value: JsonValue): void {
  if (isObject(value) && Object.keys(value).length === 0 && isObject(getPath(to, ...path))) return;
  setPath(to, path, value);
}
