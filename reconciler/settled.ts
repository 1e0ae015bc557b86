import type { KubeObject } from "../api/meta/types.ts";

/**
 * Remembers what still differed right after an apply: a server that writes a value in its own form, or drops a field,
 * would otherwise be applied to for ever.
 */
export interface SettledDifferences {
  remember(answered: KubeObject, renderedHash: string, changes: readonly string[]): void;
  has(live: KubeObject, renderedHash: string, changes: readonly string[]): boolean;
  forget(uid: string): void;
}

export function createSettledDifferences(): SettledDifferences {
  const byUid = new Map<string, string>();
  const text = (hash: string, changes: readonly string[]): string => `${hash} ${changes.join(" ")}`;
  return {
    remember({ metadata: { uid = "" } }, hash, changes) {
      if (changes.length === 0) byUid.delete(uid);
      else byUid.set(uid, text(hash, changes));
    },
    has: ({ metadata: { uid = "" } }, hash, changes) => byUid.get(uid) === text(hash, changes),
    forget(uid) {
      byUid.delete(uid);
    },
  };
}
