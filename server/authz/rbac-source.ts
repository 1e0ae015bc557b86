import type { JsonObject } from "../../machinery/json/value.ts";
import type { CachedObject, CacheSubscription, ResourceCache } from "../storage/watchcache/types.ts";

/** The RBAC objects as they are now, each kind in key order. Objects are not to be changed. */
export interface RbacSource {
  /** Grows with every change of any of the four kinds; what was derived at the same count is still right. */
  readonly changes: number;
  clusterRoles(): readonly JsonObject[];
  roles(): readonly JsonObject[];
  clusterRoleBindings(): readonly JsonObject[];
  roleBindings(): readonly JsonObject[];
}

/** The four resources RBAC lives in. */
export interface RbacCaches {
  readonly clusterRoles: ResourceCache;
  readonly roles: ResourceCache;
  readonly clusterRoleBindings: ResourceCache;
  readonly roleBindings: ResourceCache;
}

const kinds = ["clusterRoles", "roles", "clusterRoleBindings", "roleBindings"] as const;
type Kind = (typeof kinds)[number];

class CachedKind {
  readonly #cache: ResourceCache;
  readonly #changed: () => void;
  #subscription: CacheSubscription | undefined;

  constructor(cache: ResourceCache, changed: () => void) {
    this.#cache = cache;
    this.#changed = changed;
  }

  /** Throws what the cache throws when it cannot be read: a request is then refused, never allowed by old rules. */
  connect(): void {
    if (this.#subscription !== undefined) return;
    this.#subscription = this.#cache.snapshotAndSubscribe("", {
      event: this.#changed,
      closed: () => {
        this.#subscription = undefined;
        this.#changed();
      },
    }).subscription;
  }

  list(): JsonObject[] {
    return this.#cache
      .list("")
      .items.map((item: CachedObject) => item.memo("authz/rbac", (object) => object.decode()));
  }

  stop(): void {
    this.#subscription?.stop();
    this.#subscription = undefined;
  }
}

/** The RBAC objects of the server itself, seen through its watch caches. A committed change counts at once. */
export function rbacSourceFromCaches(caches: RbacCaches): RbacSource & { stop(): void } {
  let changes = 0;
  const changed = (): void => {
    changes++;
  };
  const byKind = new Map<Kind, CachedKind>(
    kinds.map((kind) => [kind, new CachedKind(caches[kind], changed)]),
  );
  const list = (kind: Kind): JsonObject[] => byKind.get(kind)?.list() ?? [];
  return {
    get changes() {
      for (const kind of byKind.values()) kind.connect();
      return changes;
    },
    clusterRoles: () => list("clusterRoles"),
    roles: () => list("roles"),
    clusterRoleBindings: () => list("clusterRoleBindings"),
    roleBindings: () => list("roleBindings"),
    stop: () => {
      for (const kind of byKind.values()) kind.stop();
    },
  };
}

/** RBAC objects given as they are; `set` replaces them all. For tests and for policies read from files. */
export function staticRbacSource(objects: readonly JsonObject[]): RbacSource & {
  set(objects: readonly JsonObject[]): void;
} {
  let current = objects;
  let changes = 0;
  const ofKind = (kind: string): readonly JsonObject[] => current.filter((o) => o["kind"] === kind);
  return {
    get changes() {
      return changes;
    },
    clusterRoles: () => ofKind("ClusterRole"),
    roles: () => ofKind("Role"),
    clusterRoleBindings: () => ofKind("ClusterRoleBinding"),
    roleBindings: () => ofKind("RoleBinding"),
    set: (next) => {
      current = next;
      changes++;
    },
  };
}
