import type { FieldSet } from "./field-set.ts";
import type { Path } from "./path-element.ts";
import { printPath } from "./path-element.ts";
import { compareText } from "./order.ts";

/** What one manager owns, in the words of one version. */
export interface VersionedSet {
  readonly set: FieldSet;
  readonly apiVersion: string;
  /** Whether the manager applies; otherwise it updates. */
  readonly applied: boolean;
}

/** Who owns what. Keys identify a manager; what a key looks like is the caller's business. */
export type Managers = ReadonlyMap<string, VersionedSet>;

/** A path that would change although another manager owns it. */
export interface Conflict {
  readonly manager: string;
  readonly path: Path;
}

/** Thrown by an apply that is not forced; the conflicts are sorted by manager, then by path. */
export class ConflictsError extends Error {
  override readonly name = "ConflictsError";
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    super(
      conflicts
        .map(({ manager, path }) => `conflict with ${JSON.stringify(manager)}: ${printPath(path)}`)
        .join("\n"),
    );
    this.conflicts = conflicts;
  }
}

/** The conflicts in the order they are reported. */
export function conflictsOf(sets: ReadonlyMap<string, FieldSet>): Conflict[] {
  const managers = [...sets.keys()].sort(compareText);
  return managers.flatMap((manager) =>
    [...(sets.get(manager) as FieldSet).paths()].map((path) => ({ manager, path })),
  );
}
