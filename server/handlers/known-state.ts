/**
 * Writes on the state at hand, without asking the store whether it is the newest: the compare-and-swap tells, and a store
 * in a cluster is not read before each write. kube-apiserver begins its writes with what its watch cache has, too.
 */
import { isStorageError } from "../storage/store.ts";
import { translateStorageError } from "../storage/translate.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import type { Scope } from "./scope.ts";

/** Another writer was faster: the state that was read is not the one that is stored. */
export const isOutrun = (error: unknown): boolean =>
  isStorageError(error, "Conflict") || isStorageError(error, "KeyNotFound");

/**
 * What the attempt on a known state comes to; undefined when that state is not the newest, or when nobody could have told:
 * what is refused, or `isWritten` says was not written, is looked at again.
 */
export async function onKnownState<T>(
  scope: Scope,
  known: CachedObject,
  { attempt, isWritten }: { readonly attempt: () => Promise<T>; readonly isWritten: (outcome: T) => boolean },
): Promise<T | undefined> {
  const { cache, gr } = scope.version.resource;
  const isNewest = async (): Promise<boolean> => {
    await cache.current(scope.namespace, scope.name);
    return cache.get(scope.namespace, scope.name)?.revision === known.revision;
  };
  try {
    const outcome = await attempt();
    return isWritten(outcome) || (await isNewest()) ? outcome : undefined;
  } catch (error) {
    if (isOutrun(error)) return undefined;
    try {
      if (!(await isNewest())) return undefined;
    } catch (unreadable) {
      throw translateStorageError(unreadable, gr, scope.name);
    }
    throw translateStorageError(error, gr, scope.name);
  }
}
