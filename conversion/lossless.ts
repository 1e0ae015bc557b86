/**
 * A conversion between two versions of a kind that loses nothing: a plain mapping, plus a stash annotation per
 * direction for what the other version cannot say.
 *
 * A client that writes the older version without the annotation (a PUT from a manifest, say) has said that it wants
 * none of what the stash held: those fields are cleared. A patch or a server-side apply leaves the annotation, and
 * with it those fields, alone.
 *
 * Annotations have a limit. A stash beyond it is left out, and the annotation says so: the object can be read in that
 * version, but what was written from there would lose fields without anybody having said so. On the way back the
 * annotation therefore stays, for whoever takes writes to refuse them.
 */
import type { JsonObject } from "../machinery/json/value.ts";
import { getPath, isObject } from "../machinery/json/value.ts";
import {
  annotation,
  dropEmptyAnnotations,
  ownAnnotations,
  removeAnnotation,
  setAnnotation,
} from "./annotations.ts";
import type { Path, Version } from "./moves.ts";
import type { Stash, StashLayout } from "./stash.ts";
import { decodeStash, encodeStash, isTooLarge, omittedStash, restore, stashOf } from "./stash.ts";

/** A converted object, which shares values with the one it comes from, and what could not be honoured on the way. */
export interface Converted {
  readonly object: JsonObject;
  readonly warnings: readonly string[];
}

/** What a conversion is made of. */
export interface PlainMapping {
  readonly group: string;
  readonly kind: string;
  /** The other version's form without any stash; must not change the input but may share its values, as a mover does. */
  map(source: JsonObject, to: Version, hint: string | undefined): JsonObject;
  /** A word that tells the mapping back to v1alpha1 which of two places a value had. */
  hintOf?(v1alpha1: JsonObject): string | undefined;
  /** Every field of a version the mapping can write to. */
  readonly fields: Readonly<Record<Version, readonly Path[]>>;
  /** Objects of a version that only hold fields together: one that is gone takes nothing else with it. */
  readonly places?: Readonly<Record<Version, readonly Path[]>>;
}

/** The annotation that carries what only the given version can say. */
export const stashAnnotation = (version: Version): string => `hawsepipe.dev/${version}-stash`;

/** The conversion; it throws only for a version that does not exist. */
export function losslessConversion(
  mapping: PlainMapping,
): (input: JsonObject, toVersion: string) => Converted {
  const layoutOf = (version: Version): StashLayout => {
    const places = new Set((mapping.places?.[version] ?? []).map((path) => JSON.stringify(path)));
    return {
      splits: splitter(mapping.fields[version]),
      isPlace: (path) => places.has(JSON.stringify(path)),
    };
  };
  const layouts = { v1alpha1: layoutOf("v1alpha1"), v1alpha2: layoutOf("v1alpha2") };
  const versionOf = (apiVersion: unknown): Version => {
    if (apiVersion === `${mapping.group}/v1alpha1`) return "v1alpha1";
    if (apiVersion === `${mapping.group}/v1alpha2`) return "v1alpha2";
    throw new Error(`${mapping.kind} has no version ${JSON.stringify(apiVersion)}`);
  };
  const makeStash = (source: JsonObject, from: Version, object: JsonObject): Stash | undefined => {
    const hint = from === "v1alpha1" ? mapping.hintOf?.(source) : undefined;
    const entries = stashOf(source, mapping.map(object, from, hint), layouts[from]);
    if (entries.length === 0 && hint === undefined) return undefined;
    return { ...(hint === undefined ? {} : { hint }), entries };
  };
  return (input, toVersion) => {
    const from = versionOf(input["apiVersion"]);
    const to = versionOf(`${mapping.group}/${toVersion}`);
    if (from === to) return { object: input, warnings: [] };
    const source = { ...input };
    ownAnnotations(source);
    const warnings: string[] = [];
    // Else the stash would have to remember whether the map was empty or absent.
    dropEmptyAnnotations(source);
    const incoming = takeStash(source, to, warnings);
    removeAnnotation(source, stashAnnotation(from));
    const object = mapping.map(source, to, incoming?.hint);
    if (incoming !== undefined) restore(object, incoming);
    const outgoing = makeStash(source, from, object);
    if (outgoing === undefined) return { object, warnings };
    const key = stashAnnotation(from);
    const text = isTooLarge(outgoing) ? undefined : encodeStash(outgoing);
    const fits =
      text !== undefined && annotationBytes(object) + bytes(key) + bytes(text) <= maxAnnotationBytes;
    if (!fits) warnings.push(`metadata.annotations[${key}]: too large to be kept, and was left out`);
    setAnnotation(object, key, fits ? text : omittedStash);
    return { object, warnings };
  };
}

function takeStash(source: JsonObject, to: Version, warnings: string[]): Stash | undefined {
  const key = stashAnnotation(to);
  const text = getPath(source, "metadata", "annotations", key);
  if (text === undefined || text === omittedStash) return undefined;
  removeAnnotation(source, key);
  const stash = decodeStash(text);
  if (stash === undefined) warnings.push(`metadata.annotations[${key}]: cannot be read and was dropped`);
  return stash;
}

/** Why an object in the hub version is only a part of what it should be, and the annotation that says so. */
export interface Incomplete {
  readonly path: string;
  readonly detail: string;
}

/**
 * Whether an object of v1alpha2 comes from one that could not carry all of it, or could not keep all of that: to store
 * it would lose the rest.
 */
export function incompleteness(object: JsonObject): Incomplete | undefined {
  for (const [version, detail] of incomplete) {
    const key = stashAnnotation(version);
    if (annotation(object, key) === omittedStash) return { path: `metadata.annotations[${key}]`, detail };
  }
  return undefined;
}

const incomplete: readonly (readonly [Version, string])[] = [
  ["v1alpha2", "the object holds more than v1alpha1 can carry; write it as v1alpha2"],
  ["v1alpha1", "the object says more in v1alpha1 than can be kept beside v1alpha2"],
];

const bytes = (text: string): number => Buffer.byteLength(text, "utf8");

/** As much as kube-apiserver takes. */
const maxAnnotationBytes = 256 * 1024;

function annotationBytes(object: JsonObject): number {
  const annotations = getPath(object, "metadata", "annotations");
  if (!isObject(annotations)) return 0;
  return Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + bytes(key) + (typeof value === "string" ? bytes(value) : 0),
    0,
  );
}

/** Whether the mapping writes below a path: there differences are kept field by field, elsewhere as a whole. */
function splitter(paths: readonly Path[]): (path: Path) => boolean {
  const inner = new Set(
    paths.flatMap((path) => path.slice(0, -1).map((_, i) => JSON.stringify(path.slice(0, i + 1)))),
  );
  return (path) => path.length === 0 || inner.has(JSON.stringify(path));
}
