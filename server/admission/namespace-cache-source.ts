import { getPath } from "../../machinery/json/value.ts";
import type { CachedObject, ResourceCache } from "../storage/watchcache/types.ts";
import type { NamespaceFacts, NamespaceSource } from "./namespace-lifecycle.ts";

/** Namespaces as this server stores them itself. */
export function namespaceCacheSource(cache: ResourceCache): NamespaceSource {
  const cached = (name: string): NamespaceFacts | undefined => {
    const object = cache.get("", name);
    return object?.memo("namespace-facts", factsOf);
  };
  return {
    cached,
    async live(name) {
      await cache.current();
      return cached(name);
    },
  };
}

function factsOf(cached: CachedObject): NamespaceFacts {
  const object = cached.decode();
  return {
    isTerminating:
      getPath(object, "status", "phase") === "Terminating" ||
      getPath(object, "metadata", "deletionTimestamp") !== undefined,
  };
}
