/**
 * What makes a conversion lossless. A version's plain mapping drops what the other version cannot say. The stash of a
 * version is the list of differences between the original object and what the plain mapping back would give; it
 * travels as an annotation on the converted object and is applied on the way back.
 *
 * An entry is applied only where the plain result still is what it was when the stash was made, so an edit made in
 * the other version always wins. Stashes come from clients: one that cannot be read, or that reaches outside what a
 * stash may carry, is dropped.
 */
import { decodeJson } from "../machinery/json/decode.ts";
import { encodeJson } from "../machinery/json/encode.ts";
import type { JsonObject, JsonValue } from "../machinery/json/value.ts";
import { cloneJson, equalJson, getKey, getPath, isObject, setKey } from "../machinery/json/value.ts";

/** One place where original and plain mapping differ; an absent value means that there was nothing. */
export interface StashEntry {
  readonly path: readonly string[];
  /** How many leading elements of the path name an object that must still be there for the entry to hold. */
  readonly under: number;
  readonly original?: JsonValue;
  readonly plain?: JsonValue;
}

/** A stash: differences, and a word for the mapping itself where a value could stand in two places. */
export interface Stash {
  readonly entries: readonly StashEntry[];
  readonly hint?: string;
}

/** What stands where a stash would be too large; whoever reads it is told what to do. */
export const omittedStash = encodeJson({
  omitted: "the object holds more than this version can carry; read and write it in the other one",
});

/** Whether a stash of so much text and so many entries would be taken back. */
export const isTooLarge = ({ entries }: Stash): boolean => entries.length > maxEntries;

const maxEntries = 2048;
const maxDepth = 64;
const pausedPath = ["metadata", "annotations", "hawsepipe.dev/paused"];

/** What a version's layout means for its stash. */
export interface StashLayout {
  /** Whether the plain mapping can write below a path; where it cannot, a subtree is one entry. */
  readonly splits: (path: readonly string[]) => boolean;
  /** Whether the object at a path is a mere place: that it is gone says nothing about what else stood there. */
  readonly isPlace: (path: readonly string[]) => boolean;
}

/** The differences as entries, in the order of their paths. The values in them are those of the objects. */
export function stashOf(original: JsonObject, plain: JsonObject, layout: StashLayout): StashEntry[] {
  const entries: StashEntry[] = [];
  const at: string[] = [];
  // `shared` counts the leading elements of the path where both have an object.
  const visit = (a: JsonValue | undefined, b: JsonValue | undefined, shared: number): void => {
    // Most of both is the very same value.
    if (a === b) return;
    if (isObject(a) && isObject(b)) {
      for (const key of Object.keys(a)) step(key, a[key], getKey(b, key), at.length);
      for (const key of Object.keys(b)) if (!Object.hasOwn(a, key)) step(key, undefined, b[key], at.length);
    } else if (isObject(a) && b === undefined && Object.keys(a).length > 0 && layout.splits(at)) {
      for (const key of Object.keys(a)) step(key, a[key], undefined, shared);
    } else if (!equalJson(a, b)) {
      entries.push({
        path: [...at],
        under: underOf(at, shared, layout),
        ...(a === undefined ? {} : { original: a }),
        ...(b === undefined ? {} : { plain: b }),
      });
    }
  };
  const step = (key: string, a: JsonValue | undefined, b: JsonValue | undefined, shared: number): void => {
    at.push(key);
    visit(a, b, shared);
    at.pop();
  };
  visit(original, plain, 0);
  return entries.sort((a, b) => comparePaths(a.path, b.path));
}

/** Of the leading objects both have, the innermost that is more than a place. */
function underOf(at: readonly string[], shared: number, { isPlace }: StashLayout): number {
  let under = shared;
  while (under > 0 && isPlace(at.slice(0, under))) under -= 1;
  return under;
}

/** Element by element; no path of an entry is the beginning of another's. */
function comparePaths(a: readonly string[], b: readonly string[]): number {
  const i = a.findIndex((key, n) => key !== b[n]);
  return (a[i] ?? "") < (b[i] ?? "") ? -1 : 1;
}

/** Applies the entries that still fit. The object is changed, what lies in it is copied first. */
export function restore(object: JsonObject, stash: Stash): void {
  for (const entry of stash.entries) restoreEntry(object, entry);
}

function restoreEntry(object: JsonObject, { path, under, original, plain }: StashEntry): void {
  const name = path.at(-1);
  if (name === undefined || !equalJson(getPath(object, ...path), plain)) return;
  let at = object;
  for (const [depth, key] of path.slice(0, -1).entries()) {
    const next = getKey(at, key);
    if (isObject(next)) {
      const own = { ...next };
      setKey(at, key, own);
      at = own;
    } else if (next === undefined && depth >= under && original !== undefined) {
      const created: JsonObject = {};
      setKey(at, key, created);
      at = created;
    } else return;
  }
  if (original === undefined) Reflect.deleteProperty(at, name);
  else setKey(at, name, cloneJson(original));
}

/** The annotation value of a stash; equal stashes give equal text. */
export const encodeStash = (stash: Stash): string => encodeJson(stash as unknown as JsonObject);

/** The stash in an annotation value; undefined when it is not one. */
export function decodeStash(text: JsonValue): Stash | undefined {
  if (typeof text !== "string") return undefined;
  const value = parse(text);
  if (!isObject(value)) return undefined;
  const entries = getKey(value, "entries");
  const hint = getKey(value, "hint");
  if (!Array.isArray(entries) || entries.length > maxEntries) return undefined;
  if (hint !== undefined && typeof hint !== "string") return undefined;
  const checked = entries.map(checkEntry);
  if (checked.includes(undefined)) return undefined;
  return { entries: checked as StashEntry[], ...(hint === undefined ? {} : { hint }) };
}

function parse(text: string): JsonValue | undefined {
  try {
    return decodeJson(text, { maxDepth: maxDepth * 2 }).value;
  } catch {
    return undefined;
  }
}

function checkEntry(entry: JsonValue): StashEntry | undefined {
  if (!isObject(entry)) return undefined;
  const path = getKey(entry, "path");
  const under = getKey(entry, "under");
  if (!Array.isArray(path) || path.length === 0 || path.length > maxDepth) return undefined;
  if (!path.every((key) => typeof key === "string") || typeof under !== "number") return undefined;
  const original = getKey(entry, "original");
  const plain = getKey(entry, "plain");
  if (!mayCarry(path, original, plain)) return undefined;
  return {
    path,
    under,
    ...(original === undefined ? {} : { original }),
    ...(plain === undefined ? {} : { plain }),
  };
}

/** A stash carries spec; of metadata and status only what cannot be used to forge anything. */
function mayCarry(
  path: readonly string[],
  original: JsonValue | undefined,
  plain: JsonValue | undefined,
): boolean {
  if (path[0] === "spec") return true;
  if (path.length === pausedPath.length && path.every((key, i) => key === pausedPath[i])) {
    return [original, plain].every((value) => value === undefined || typeof value === "string");
  }
  const hollow = (value: JsonValue | undefined): boolean =>
    value === undefined || (isObject(value) && Object.values(value).every(hollow));
  return path[0] === "status" && hollow(original) && hollow(plain);
}
