import type { KubeObject } from "../api/meta/types.ts";

/**
 * The answers to our own writes, until the watch brings them: a pass that starts in between must not decide on what it
 * changed itself.
 */
export interface RecentWrites {
  /** An answer; one that the watch has overtaken, as the cache shows, is of no use any more. */
  remember(key: string, object: KubeObject, cached: KubeObject | undefined): void;
  /** The newer of what the cache has and what we wrote; a cache without the object may be right. */
  newest(key: string, cached: KubeObject | undefined): KubeObject | undefined;
  /** The watch brought this. */
  seen(key: string, object: KubeObject): void;
  forget(key: string): void;
}

export function createRecentWrites(): RecentWrites {
  const written = new Map<string, KubeObject>();
  return {
    remember(key, object, cached) {
      const isOvertaken =
        cached !== undefined && cached.metadata.uid === object.metadata.uid && !isNewer(object, cached);
      if (isOvertaken) written.delete(key);
      else written.set(key, object);
    },
    newest(key, cached) {
      const own = written.get(key);
      return own !== undefined && cached !== undefined && isNewer(own, cached) ? own : cached;
    },
    seen(key, object) {
      const own = written.get(key);
      if (own !== undefined && !isNewer(own, object)) written.delete(key);
    },
    forget(key) {
      written.delete(key);
    },
  };
}

function isNewer(a: KubeObject, b: KubeObject): boolean {
  if (a.metadata.uid !== b.metadata.uid) return false;
  const [left, right] = [revisionOf(a), revisionOf(b)];
  return left !== undefined && right !== undefined && left > right;
}

/** Resource versions of one resource are ordered numbers; anything else cannot be compared. */
function revisionOf({ metadata: { resourceVersion = "" } }: KubeObject): bigint | undefined {
  return /^[0-9]+$/.test(resourceVersion) ? BigInt(resourceVersion) : undefined;
}
