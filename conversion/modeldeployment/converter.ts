/**
 * ModelDeployment between v1alpha1 and v1alpha2 (the hub): a plain mapping by the table in layout.ts, plus a stash
 * annotation per direction for what the other version cannot say.
 *
 * A client that writes v1alpha1 without the `hawsepipe.dev/v1alpha2-stash` annotation (a PUT from a manifest, say)
 * has said that it wants none of what the stash held: those v1alpha2 fields are cleared. A patch or a server-side
 * apply leaves the annotation, and with it those fields, alone.
 */
import type { Converter } from "../../api/meta/resource-definition.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson, getPath, isObject } from "../../machinery/json/value.ts";
import type { Stash } from "../stash.ts";
import { decodeStash, encodeStash, restore, stashOf } from "../stash.ts";
import type { Path } from "./layout.ts";
import { containers, moves, pausedAnnotation, special } from "./layout.ts";
import type { ImageHint } from "./mapping.ts";
import { imageHintOf, removeAnnotation, setAnnotation, toV1alpha1, toV1alpha2 } from "./mapping.ts";
import { translatePath } from "./translate-path.ts";

export type ModelDeploymentVersion = "v1alpha1" | "v1alpha2";

/** A converted object, and what could not be honoured on the way. */
export interface Converted {
  readonly object: JsonObject;
  readonly warnings: readonly string[];
}

/** The annotation that carries what only the given version can say. */
export const stashAnnotation = (version: ModelDeploymentVersion): string => `hawsepipe.dev/${version}-stash`;

const group = "hawsepipe.dev/";

/** Converts, and says which stash had to be dropped. Throws only for a version that does not exist. */
export function convertModelDeployment(input: JsonObject, toVersion: string): Converted {
  const from = versionOf(input["apiVersion"]);
  const to = versionOf(`${group}${toVersion}`);
  const source = cloneJson(input);
  if (from === to) return { object: source, warnings: [] };

  const warnings: string[] = [];
  dropEmptyAnnotations(source);
  const incoming = takeStash(source, to, warnings);
  removeAnnotation(source, stashAnnotation(from));

  const object = map(source, to, incoming?.hint);
  if (incoming !== undefined) restore(object, incoming);

  const outgoing = makeStash(source, from, object);
  if (outgoing !== undefined) setAnnotation(object, stashAnnotation(from), encodeStash(outgoing));
  return { object, warnings };
}

/** The converter of ModelDeployment for the generic server. */
export const modelDeploymentConverter: Converter = {
  convert: (object, toVersion) => convertModelDeployment(object, toVersion).object,
  translatePath,
};

function versionOf(apiVersion: unknown): ModelDeploymentVersion {
  if (apiVersion === `${group}v1alpha1`) return "v1alpha1";
  if (apiVersion === `${group}v1alpha2`) return "v1alpha2";
  throw new Error(`ModelDeployment has no version ${JSON.stringify(apiVersion)}`);
}

function map(source: JsonObject, to: ModelDeploymentVersion, hint: string | undefined): JsonObject {
  if (to === "v1alpha2") return toV1alpha2(source);
  return toV1alpha1(
    source,
    hint === "spec.image" || hint === "both" ? (hint satisfies ImageHint) : undefined,
  );
}

function takeStash(source: JsonObject, to: ModelDeploymentVersion, warnings: string[]): Stash | undefined {
  const key = stashAnnotation(to);
  const text = getPath(source, "metadata", "annotations", key);
  if (text === undefined) return undefined;
  removeAnnotation(source, key);
  const stash = decodeStash(text);
  if (stash === undefined) warnings.push(`metadata.annotations[${key}]: cannot be read and was dropped`);
  return stash;
}

function makeStash(source: JsonObject, from: ModelDeploymentVersion, object: JsonObject): Stash | undefined {
  const hint = from === "v1alpha1" ? imageHintOf(source) : undefined;
  const entries = stashOf(source, map(object, from, hint), splitters[from]);
  if (entries.length === 0 && hint === undefined) return undefined;
  return { ...(hint === undefined ? {} : { hint }), entries };
}

/** An empty map of annotations is none, as kube-apiserver has it; else the stash would have to remember which it was. */
function dropEmptyAnnotations(object: JsonObject): void {
  const metadata = object["metadata"];
  if (!isObject(metadata) || !isObject(metadata["annotations"])) return;
  if (Object.keys(metadata["annotations"]).length === 0) delete metadata["annotations"];
}

const splitter = (paths: readonly Path[]) => {
  const inner = new Set(
    paths.flatMap((path) => path.slice(0, -1).map((_, i) => JSON.stringify(path.slice(0, i + 1)))),
  );
  return (path: readonly string[]): boolean => path.length === 0 || inner.has(JSON.stringify(path));
};

const pausedAt = ["metadata", "annotations", pausedAnnotation];

const paths = (version: ModelDeploymentVersion): Path[] =>
  [...moves, ...containers].map((step) => step[version]);

const splitters = {
  v1alpha1: splitter([
    ...paths("v1alpha1"),
    special.imageV1alpha1,
    special.image,
    special.tokenV1alpha1,
    pausedAt,
  ]),
  v1alpha2: splitter([...paths("v1alpha2"), special.image, special.tokenName, special.paused, pausedAt]),
} as const;
