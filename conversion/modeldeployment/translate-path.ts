import { containers, moves, pausedAnnotation } from "./layout.ts";

type Pair = readonly [v1alpha1: string, v1alpha2: string];

/** Places that have a counterpart for a reader although no value moves there as it is. */
const readable: readonly Pair[] = [
  ["spec.model.storage", "spec.model.volumes"],
  ["spec.engine.image", "spec.engine.image"],
  ["spec.image", "spec.engine.image"],
  ["spec.secrets.huggingFaceToken", "spec.model.tokenSecretRef.name"],
  ["spec.secrets.huggingFaceToken", "spec.model.tokenSecretRef"],
  ["spec.secrets", "spec.model.tokenSecretRef"],
  ["spec.scaling", "spec.serving"],
  [`metadata.annotations[${pausedAnnotation}]`, "spec.paused"],
];

const table: readonly Pair[] = [
  ...moves.map((m): Pair => [m.v1alpha1.join("."), m.v1alpha2.join(".")]),
  ...containers.map((c): Pair => [c.v1alpha1.join("."), c.v1alpha2.join(".")]),
  ...readable,
];

/** A field path of one version in the words of the other: the longest known prefix is replaced. */
export function translatePath(path: string, fromVersion: string, toVersion: string): string {
  if (fromVersion === toVersion) return path;
  const from = fromVersion === "v1alpha1" ? 0 : 1;
  let best: Pair | undefined;
  for (const pair of table) {
    if (!startsWithPath(path, pair[from])) continue;
    if (best === undefined || pair[from].length > best[from].length) best = pair;
  }
  if (best === undefined) return path;
  return (from === 0 ? best[1] : best[0]) + path.slice(best[from].length);
}

const startsWithPath = (path: string, prefix: string): boolean =>
  path.startsWith(prefix) && ["", ".", "["].includes(path.charAt(prefix.length));
