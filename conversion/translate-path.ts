import type { Table, Version } from "./moves.ts";

/** Places that have a counterpart for a reader although no value moves there as it is. */
export type PathPair = readonly [v1alpha1: string, v1alpha2: string];

/** A translator of field paths: the longest known prefix is replaced, an unknown path comes back as it is. */
export function pathTranslator(
  table: Table,
  readable: readonly PathPair[],
): (path: string, fromVersion: string, toVersion: string) => string {
  const pairs: readonly PathPair[] = [
    ...[...table.moves, ...table.containers].map((m): PathPair => [
      m.v1alpha1.join("."),
      m.v1alpha2.join("."),
    ]),
    ...readable,
  ];
  return (path, fromVersion, toVersion) => {
    if (fromVersion === toVersion) return path;
    const from = sideOf(fromVersion as Version);
    let best: PathPair | undefined;
    for (const pair of pairs) {
      if (!startsWithPath(path, pair[from])) continue;
      if (best === undefined || pair[from].length > best[from].length) best = pair;
    }
    if (best === undefined) return path;
    return (from === 0 ? best[1] : best[0]) + path.slice(best[from].length);
  };
}

const sideOf = (version: Version): 0 | 1 => (version === "v1alpha1" ? 0 : 1);

const startsWithPath = (path: string, prefix: string): boolean =>
  path.startsWith(prefix) && ["", ".", "["].includes(path.charAt(prefix.length));
