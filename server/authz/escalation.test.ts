import { describe, expect, test } from "vitest";
import type { UserInfo } from "../../api/meta/user.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { AdmissionAttributes } from "../admission/plugin.ts";
import { escalationCheck } from "./escalation.ts";
import { RbacAuthorizer } from "./rbac-authorizer.ts";
import { staticRbacSource } from "./rbac-source.ts";

const group = "rbac.authorization.k8s.io";
const alice: UserInfo = { name: "alice", groups: ["devs"] };
const held = { apiGroups: ["apps"], resources: ["deployments", "*/scale"], verbs: ["get", "list"] };

const policy = (...further: JsonObject[]): JsonObject[] => [
  {
    kind: "ClusterRole",
    metadata: { name: "held" },
    rules: [held, { nonResourceURLs: ["/a/*"], verbs: ["get"] }, ...further],
  },
  {
    kind: "ClusterRoleBinding",
    metadata: { name: "b" },
    roleRef: { kind: "ClusterRole", name: "held" },
    subjects: [{ kind: "User", name: "alice" }],
  },
  {
    kind: "ClusterRole",
    metadata: { name: "everything" },
    rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
  },
  { kind: "Role", metadata: { name: "small", namespace: "ns" }, rules: [{ ...held, verbs: ["get"] }] },
];

async function write(
  resource: string,
  object: JsonObject,
  options: { user?: UserInfo; old?: JsonObject; further?: JsonObject[] } = {},
): Promise<void> {
  const rbac = new RbacAuthorizer(staticRbacSource(policy(...(options.further ?? []))));
  const plugin = escalationCheck(rbac, rbac);
  const attributes: AdmissionAttributes = {
    operation: options.old === undefined ? "CREATE" : "UPDATE",
    user: options.user ?? alice,
    resource: { group, version: "v1", resource },
    kind: { group, version: "v1", kind: "Any" },
    subresource: "",
    namespace: resource.startsWith("cluster") ? "" : "ns",
    name: "new",
    object,
    ...(options.old === undefined ? {} : { oldObject: options.old }),
    options: {},
    dryRun: false,
    requestVersion: "v1",
    clientPath: (path) => path,
    warn: () => undefined,
    annotate: () => undefined,
    call: new AbortController(),
  };
  expect(plugin.handles(attributes)).toBe(true);
  await plugin.validate?.(attributes);
}

const role = (...rules: JsonObject[]): JsonObject => ({ metadata: { name: "new" }, rules });
const binding = (kind: string, name: string): JsonObject => ({
  metadata: { name: "new" },
  roleRef: { apiGroup: group, kind, name },
  subjects: [{ kind: "User", name: "bob" }],
});

describe("writing a role", () => {
  test.each<[string, JsonObject]>([
    ["the same rule", held],
    ["a part of it", { ...held, verbs: ["get"] }],
    ["one name", { ...held, resourceNames: ["x"] }],
    [
      "a subresource held by */scale",
      { apiGroups: ["apps"], resources: ["statefulsets/scale"], verbs: ["get"] },
    ],
    ["a path below", { nonResourceURLs: ["/a/b"], verbs: ["get"] }],
  ])("is allowed with %s", async (_says, given) => {
    await write("clusterroles", role(given));
  });

  test.each<[string, JsonObject, string]>([
    ["another verb", { ...held, verbs: ["get", "create", "delete"] }, '{APIGroups:["apps"], Resources:["*/scale"], Verbs:["create" "delete"]}\n{APIGroups:["apps"], Resources:["deployments"], Verbs:["create" "delete"]}'],
    ["a wildcard", { ...held, resources: ["*"], verbs: ["get"] }, '{APIGroups:["apps"], Resources:["*"], Verbs:["get"]}'],
    ["a wildcard verb", { ...held, resources: ["deployments"], verbs: ["*"] }, '{APIGroups:["apps"], Resources:["deployments"], Verbs:["*"]}'],
    ["a wider path", { nonResourceURLs: ["/*"], verbs: ["get"] }, '{NonResourceURLs:["/*"], Verbs:["get"]}'],
  ])("is refused with %s", async (_says, given, missing) => {
    await expect(write("roles", role(given))).rejects.toMatchObject({
      code: 403,
      message: `roles.${group} "new" is forbidden: user "alice" (groups=["devs"]) is attempting to grant RBAC permissions not currently held:\n${missing}`,
    });
  }); // prettier-ignore

  test("is allowed to who has the verb escalate, on that role only", async () => {
    const escalate = { apiGroups: [group], resources: ["roles"], verbs: ["escalate"] };
    const wide = role({ ...held, verbs: ["*"] });
    await write("roles", wide, { further: [escalate] });
    await write("roles", wide, { further: [{ ...escalate, resourceNames: ["new"] }] });
    await expect(
      write("roles", wide, { further: [{ ...escalate, resourceNames: ["old"] }] }),
    ).rejects.toThrow();
    await expect(write("clusterroles", wide, { further: [escalate] })).rejects.toThrow();
  });

  test("is allowed to system:masters, and to the garbage collector's kind of change", async () => {
    const wide = role({ ...held, verbs: ["*"] });
    await write("roles", wide, { user: { name: "root", groups: ["system:masters"] } });
    const owned = { ...wide, metadata: { name: "new", ownerReferences: [] } };
    await write("roles", owned, { old: wide });
    await expect(
      write("roles", { ...owned, metadata: { name: "new", labels: {} } }, { old: wide }),
    ).rejects.toThrow();
  });

  test("with an aggregationRule takes all rights there are", async () => {
    const collecting = {
      ...role(),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] },
    };
    await expect(write("clusterroles", collecting)).rejects.toThrow(
      "must have cluster-admin privileges to use the aggregationRule",
    );
    await expect(
      write("clusterroles", { ...role(), metadata: { labels: { a: "b" } } }, { old: collecting }),
    ).rejects.toThrow("must have cluster-admin privileges");
    const everything = [
      { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
      { nonResourceURLs: ["*"], verbs: ["*"] },
    ];
    await write("clusterroles", collecting, { further: everything });
  });
});

describe("writing a binding", () => {
  test("is allowed when its role grants nothing new", async () => {
    await write("rolebindings", binding("Role", "small"));
    await write("clusterrolebindings", binding("ClusterRole", "held"));
  });

  test("is refused when its role grants more", async () => {
    await expect(write("rolebindings", binding("ClusterRole", "everything"))).rejects.toThrow(
      'rolebindings.rbac.authorization.k8s.io "new" is forbidden: user "alice" (groups=["devs"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:["*"], Resources:["*"], Verbs:["*"]}',
    );
  });

  test("is allowed to who may bind that role", async () => {
    const bind = {
      apiGroups: [group],
      resources: ["clusterroles"],
      verbs: ["bind"],
      resourceNames: ["everything"],
    };
    await write("rolebindings", binding("ClusterRole", "everything"), { further: [bind] });
    await expect(
      write("rolebindings", binding("ClusterRole", "everything"), {
        further: [{ ...bind, resourceNames: ["x"] }],
      }),
    ).rejects.toThrow();
  });

  test("to a role that is not there says so", async () => {
    await expect(write("rolebindings", binding("Role", "gone"))).rejects.toMatchObject({
      code: 404,
      message: 'role.rbac.authorization.k8s.io "gone" not found',
    });
  });
});
