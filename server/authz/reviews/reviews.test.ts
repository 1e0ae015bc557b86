import { describe, expect, test } from "vitest";
import type { UserInfo } from "../../../api/meta/user.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { compileValidator } from "../../../machinery/schema/validate.ts";
import { RbacAuthorizer } from "../rbac-authorizer.ts";
import { staticRbacSource } from "../rbac-source.ts";
import { reviewKinds } from "./reviews.ts";

const alice: UserInfo = { name: "alice", uid: "1", groups: ["devs"], extra: { scope: ["a", "b"] } };
const authorization = "authorization.k8s.io/v1";

const policy: JsonObject[] = [
  {
    kind: "Role",
    metadata: { name: "r", namespace: "ns" },
    rules: [
      { apiGroups: [""], resources: ["secrets"], verbs: ["get"], resourceNames: ["s"] },
      { apiGroups: ["apps"], resources: ["deployments"], verbs: ["*"] },
    ],
  },
  {
    kind: "ClusterRole",
    metadata: { name: "paths" },
    rules: [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }],
  },
  {
    kind: "RoleBinding",
    metadata: { name: "b", namespace: "ns" },
    roleRef: { kind: "Role", name: "r" },
    subjects: [{ kind: "Group", name: "devs" }],
  },
  {
    kind: "ClusterRoleBinding",
    metadata: { name: "cb" },
    roleRef: { kind: "ClusterRole", name: "paths" },
    subjects: [{ kind: "User", name: "alice" }],
  },
];

function review(kind: string, object: JsonObject, user = alice): Promise<JsonObject> {
  const rbac = new RbacAuthorizer(staticRbacSource(policy));
  const kinds = reviewKinds({
    authorizer: rbac,
    rules: rbac,
    now: () => new Date("2026-01-02T03:04:05.678Z"),
  });
  const found = kinds.find(({ definition }) => definition.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  const [version] = found.definition.versions;
  expect(compileValidator(version!.schema).validate(object)).toEqual([]);
  return found.create(object, user);
}

const access = (kind: string, spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: authorization,
  kind,
  metadata,
  spec,
});

describe("SelfSubjectAccessReview", () => {
  const ask = (spec: JsonObject, metadata?: JsonObject): Promise<JsonObject> =>
    review("SelfSubjectAccessReview", access("SelfSubjectAccessReview", spec, metadata));
  const secret = { resource: "secrets", verb: "get", namespace: "ns", name: "s" };

  test("answers what the authorizer says and keeps what was asked", async () => {
    expect(await ask({ resourceAttributes: secret })).toEqual({
      apiVersion: authorization,
      kind: "SelfSubjectAccessReview",
      metadata: {},
      spec: { resourceAttributes: secret },
      status: { allowed: true, reason: 'RBAC: allowed by RoleBinding "b/ns" of Role "r" to Group "devs"' },
    });
    expect((await ask({ resourceAttributes: { ...secret, name: "t" } }))["status"]).toEqual({
      allowed: false,
    });
    expect((await ask({ nonResourceAttributes: { path: "/metrics", verb: "get" } }))["status"]).toMatchObject(
      {
        allowed: true,
      },
    );
  });

  test.each<{ says: string; spec: JsonObject; metadata?: JsonObject; message: string }>([
    {
      says: "both kinds of attributes",
      spec: { resourceAttributes: {}, nonResourceAttributes: { path: "/" } },
      message: "spec.nonResourceAttributes: Invalid value: ",
    },
    {
      says: "neither",
      spec: {},
      message: "exactly one of nonResourceAttributes or resourceAttributes must be specified",
    },
    { says: "a name", spec: { resourceAttributes: {} }, metadata: { name: "x" }, message: "must be empty" },
  ])("refuses $says", async ({ spec, metadata, message }) => {
    await expect(ask(spec, metadata)).rejects.toMatchObject({
      code: 422,
      message: expect.stringContaining(message) as string,
    });
  });
});

describe("SubjectAccessReview", () => {
  const kind = "SubjectAccessReview";

  test("asks about somebody else", async () => {
    const resourceAttributes = { group: "apps", resource: "deployments", verb: "delete", namespace: "ns" };
    const of = async (spec: JsonObject): Promise<unknown> =>
      (await review(kind, access(kind, { resourceAttributes, ...spec }), { name: "root", groups: [] }))[
        "status"
      ];
    expect(await of({ user: "bob", groups: ["devs"], extra: { scope: ["x"] } })).toMatchObject({
      allowed: true,
    });
    expect(await of({ user: "bob" })).toEqual({ allowed: false });
  });

  test("refuses to ask about nobody", async () => {
    await expect(review(kind, access(kind, { resourceAttributes: {} }))).rejects.toThrow(
      'SubjectAccessReview.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user or group must be specified',
    );
  });
});

describe("LocalSubjectAccessReview", () => {
  const kind = "LocalSubjectAccessReview";
  const asked = { resource: "deployments", group: "apps", verb: "get", namespace: "ns" };
  const spec = (resourceAttributes: JsonObject): JsonObject => ({ groups: ["devs"], resourceAttributes });

  test("asks within its namespace", async () => {
    const answer = await review(kind, access(kind, spec(asked), { namespace: "ns" }));
    expect(answer["status"]).toMatchObject({ allowed: true });
  });

  test("refuses to ask about another namespace or about paths", async () => {
    await expect(review(kind, access(kind, spec(asked), { namespace: "other" }))).rejects.toThrow(
      'spec.resourceAttributes.namespace: Invalid value: "ns": must match metadata.namespace',
    );
    const path = { groups: ["devs"], nonResourceAttributes: { path: "/", verb: "get" } };
    await expect(review(kind, access(kind, path, { namespace: "ns" }))).rejects.toThrow(
      "disallowed on this kind of request",
    );
  });
});

describe("SelfSubjectRulesReview", () => {
  const kind = "SelfSubjectRulesReview";

  test("lists the rules of the namespace and of the cluster", async () => {
    expect((await review(kind, access(kind, { namespace: "ns" })))["status"]).toEqual({
      resourceRules: [
        { verbs: ["get"], apiGroups: [""], resources: ["secrets"], resourceNames: ["s"] },
        { verbs: ["*"], apiGroups: ["apps"], resources: ["deployments"] },
      ],
      nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/metrics"] }],
      incomplete: false,
    });
  });

  test("takes the empty status Go clients send along", async () => {
    for (const status of [
      { incomplete: false },
      { incomplete: false, resourceRules: null, nonResourceRules: null },
    ]) {
      const answer = await review(kind, { ...access(kind, { namespace: "other" }), status });
      expect(answer["status"]).toMatchObject({ resourceRules: [], incomplete: false });
    }
  });

  test("needs a namespace", async () => {
    await expect(review(kind, access(kind, {}))).rejects.toMatchObject({
      code: 400,
      message: "no namespace on request",
    });
  });
});

test("SelfSubjectReview tells the caller who he is", async () => {
  expect(
    await review("SelfSubjectReview", { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" }),
  ).toEqual({
    apiVersion: "authentication.k8s.io/v1",
    kind: "SelfSubjectReview",
    metadata: { creationTimestamp: "2026-01-02T03:04:05Z" },
    status: { userInfo: { username: "alice", uid: "1", groups: ["devs"], extra: { scope: ["a", "b"] } } },
  });
});
