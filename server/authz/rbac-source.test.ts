import { expect, test } from "vitest";
import { fakeClock } from "../../machinery/clock.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { openMemoryStore } from "../storage/memory/memory-store.ts";
import { openWatchCache } from "../storage/watchcache/watch-cache.ts";
import type { ResourceCache } from "../storage/watchcache/types.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";
import { RbacAuthorizer } from "./rbac-authorizer.ts";
import { rbacSourceFromCaches } from "./rbac-source.ts";

const group = "rbac.authorization.k8s.io";
const plurals = ["clusterroles", "roles", "clusterrolebindings", "rolebindings"] as const;

async function setUp() {
  const store = openMemoryStore();
  const resources = plurals.map((plural) => ({ group, plural }));
  const cache = await openWatchCache(store, { clock: fakeClock(), resources });
  const of = (plural: (typeof plurals)[number]): ResourceCache => cache.find(group, plural)!;
  const source = rbacSourceFromCaches({
    clusterRoles: of("clusterroles"),
    roles: of("roles"),
    clusterRoleBindings: of("clusterrolebindings"),
    roleBindings: of("rolebindings"),
  });
  return { store, cache, of, source, authorizer: new RbacAuthorizer(source) };
}

const asked: AuthorizationAttributes = {
  user: { name: "alice", groups: [] },
  verb: "get",
  isResourceRequest: true,
  group: "",
  version: "v1",
  resource: "secrets",
  subresource: "",
  namespace: "ns",
  name: "s",
  path: "",
};

const role = (verb: string): JsonObject => ({
  apiVersion: `${group}/v1`,
  kind: "Role",
  metadata: { name: "r", namespace: "ns", uid: "1" },
  rules: [{ apiGroups: [""], resources: ["secrets"], verbs: [verb] }],
});
const binding: JsonObject = {
  apiVersion: `${group}/v1`,
  kind: "RoleBinding",
  metadata: { name: "b", namespace: "ns", uid: "2" },
  roleRef: { apiGroup: group, kind: "Role", name: "r" },
  subjects: [{ kind: "User", name: "alice" }],
};

test("every acknowledged write counts for the next question", async () => {
  const { of, authorizer } = await setUp();
  const decision = (): string => authorizer.authorize(asked).decision;
  expect(decision()).toBe("NoOpinion");
  const bound = await of("rolebindings").create("ns", "b", binding);
  expect(authorizer.authorize(asked).reason).toBe('RBAC: role.rbac.authorization.k8s.io "r" not found');
  const created = await of("roles").create("ns", "r", role("get"));
  expect(decision()).toBe("Allow");
  const updated = await of("roles").update("ns", "r", role("list"), created.revision);
  expect(decision()).toBe("NoOpinion");
  await of("roles").update("ns", "r", role("*"), updated.revision);
  expect(decision()).toBe("Allow");
  await of("rolebindings").delete("ns", "b", bound.revision, binding);
  expect(decision()).toBe("NoOpinion");
});

test("the count of changes stands still while nothing changes", async () => {
  const { of, source } = await setUp();
  const before = source.changes;
  expect(source.changes).toBe(before);
  await of("roles").create("ns", "r", role("get"));
  expect(source.changes).toBeGreaterThan(before);
  expect(source.roles()).toMatchObject([{ metadata: { name: "r" } }]);
  expect(source.clusterRoles()).toEqual([]);
});

test("objects whose kind follows from where they are kept need not say it", async () => {
  const { of, authorizer } = await setUp();
  await of("roles").create("ns", "r", role("get"));
  await of("rolebindings").create("ns", "b", binding);
  expect(authorizer.rulesFor(asked.user, "ns").resourceRules).toEqual([
    { verbs: ["get"], apiGroups: [""], resources: ["secrets"] },
  ]);
  expect(authorizer.rulesFor(asked.user, "other").resourceRules).toEqual([]);
});

test("an authorizer whose cache was closed fails instead of going on with old rules", async () => {
  const { of, authorizer, cache } = await setUp();
  await of("roles").create("ns", "r", role("get"));
  await of("rolebindings").create("ns", "b", binding);
  expect(authorizer.authorize(asked).decision).toBe("Allow");
  cache.close();
  expect(() => authorizer.authorize(asked)).toThrow();
});
