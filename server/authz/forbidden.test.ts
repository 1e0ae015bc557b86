import { describe, expect, test } from "vitest";
import { toStatus } from "../../api/errors/status.ts";
import type { AuthorizationAttributes, Decision } from "./authorizer.ts";
import { forbiddenRequest } from "./forbidden.ts";
import { alwaysAllowPaths, privilegedGroups, unionAuthorizer } from "./union.ts";

const asked = (changes: Partial<AuthorizationAttributes> = {}): AuthorizationAttributes => ({
  user: { name: "alice", groups: [] },
  verb: "list",
  isResourceRequest: true,
  group: "lab.example.com",
  version: "v1",
  resource: "widgets",
  subresource: "",
  namespace: "default",
  name: "",
  path: "",
  ...changes,
});

describe("a refusal", () => {
  const head =
    'widgets.lab.example.com is forbidden: User "alice" cannot list resource "widgets" in API group';
  test.each<{ says: string; ask: Partial<AuthorizationAttributes>; reason?: string; message: string }>([
    {
      says: "names the namespace",
      ask: {},
      message: `${head} "lab.example.com" in the namespace "default"`,
    },
    {
      says: "tells of the cluster scope",
      ask: { namespace: "" },
      message: `${head} "lab.example.com" at the cluster scope`,
    },
    {
      says: "appends the reason",
      ask: {},
      reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "x" not found',
      message: `${head} "lab.example.com" in the namespace "default": RBAC: clusterrole.rbac.authorization.k8s.io "x" not found`,
    },
    {
      says: "names the object and the subresource",
      ask: { verb: "get", name: "x", subresource: "status" },
      message:
        'widgets.lab.example.com "x" is forbidden: User "alice" cannot get resource "widgets/status" in API group "lab.example.com" in the namespace "default"',
    },
    {
      says: "leaves the core group out of the title",
      ask: { group: "", resource: "secrets" },
      message:
        'secrets is forbidden: User "alice" cannot list resource "secrets" in API group "" in the namespace "default"',
    },
    {
      says: "does not look like HTML",
      ask: { user: { name: "<b>&", groups: [] } },
      message:
        'widgets.lab.example.com is forbidden: User "&lt;b&gt;&amp;" cannot list resource "widgets" in API group "lab.example.com" in the namespace "default"',
    },
    {
      says: "of a path names the path",
      ask: { isResourceRequest: false, verb: "get", path: "/metrics", group: "", resource: "" },
      message: 'forbidden: User "alice" cannot get path "/metrics"',
    },
    {
      says: "of a path appends the reason",
      ask: { isResourceRequest: false, verb: "get", path: "/a<b", group: "", resource: "" },
      reason: "because",
      message: 'forbidden: User "alice" cannot get path "/a&lt;b": because',
    },
  ])("$says", ({ ask, reason, message }) => {
    expect(toStatus(forbiddenRequest(asked(ask), reason))).toMatchObject({
      code: 403,
      reason: "Forbidden",
      message,
    });
  });

  test("has the details of what was refused", () => {
    expect(forbiddenRequest(asked({ name: "x" })).details).toEqual({
      name: "x",
      group: "lab.example.com",
      kind: "widgets",
    });
    expect(forbiddenRequest(asked({ isResourceRequest: false })).details).toEqual({});
  });
});

describe("several authorizers", () => {
  const fixed = (decision: Decision["decision"], reason = ""): { authorize: () => Decision } => ({
    authorize: () => ({ decision, reason }),
  });

  test("are asked in order until one decides", async () => {
    const later = { authorize: () => Promise.resolve<Decision>({ decision: "Deny", reason: "no" }) };
    const union = unionAuthorizer(fixed("NoOpinion", "a"), later, fixed("Allow"));
    expect(await union.authorize(asked())).toEqual({ decision: "Deny", reason: "no" });
    expect(unionAuthorizer(fixed("Allow"), later).authorize(asked())).toEqual({
      decision: "Allow",
      reason: "",
    });
  });

  test("collect their reasons when none decides, also behind a slow one", async () => {
    const slow = { authorize: () => Promise.resolve<Decision>({ decision: "NoOpinion", reason: "b" }) };
    const union = unionAuthorizer(fixed("NoOpinion", "a"), slow, fixed("NoOpinion"), fixed("NoOpinion", "c"));
    expect(await union.authorize(asked())).toEqual({ decision: "NoOpinion", reason: "a\nb\nc" });
  });

  test("fail when one of them fails", async () => {
    const broken = { authorize: () => Promise.reject(new Error("down")) };
    await expect(unionAuthorizer(broken, fixed("Allow")).authorize(asked())).rejects.toThrow("down");
  });
});

test("privileged groups may do everything", () => {
  const masters = privilegedGroups("system:masters");
  const ask = (...groups: string[]) => masters.authorize(asked({ user: { name: "u", groups } }));
  expect(ask("system:masters")).toMatchObject({ decision: "Allow" });
  expect(ask("system:master")).toMatchObject({ decision: "NoOpinion" });
});

test.each([
  ["/healthz", "Allow"],
  ["/healthz/ping", "NoOpinion"],
  ["/livez/etcd", "Allow"],
  ["/metrics", "NoOpinion"],
])("the always allowed paths answer %s with %s", (path, decision) => {
  const paths = alwaysAllowPaths("/healthz", "/livez*");
  expect(paths.authorize(asked({ isResourceRequest: false, path }))).toMatchObject({ decision });
  expect(paths.authorize(asked({ isResourceRequest: true, path }))).toMatchObject({ decision: "NoOpinion" });
});
