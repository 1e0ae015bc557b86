import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { UserInfo } from "../../api/meta/user.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { AuthorizationAttributes, Decision } from "./authorizer.ts";
import { bootstrapPolicy } from "./bootstrap-policy.ts";
import { parsePolicyRules, ruleAllows } from "./policy-rule.ts";
import { RbacAuthorizer } from "./rbac-authorizer.ts";
import { staticRbacSource } from "./rbac-source.ts";

const alice: UserInfo = { name: "alice", groups: ["devs", "system:authenticated"] };

const asked = (changes: Partial<AuthorizationAttributes> = {}): AuthorizationAttributes => ({
  user: alice,
  verb: "get",
  isResourceRequest: true,
  group: "lab.example.com",
  version: "v1",
  resource: "widgets",
  subresource: "",
  namespace: "team-a",
  name: "w",
  path: "",
  ...changes,
});

const path = (verb: string, url: string, user = alice): AuthorizationAttributes =>
  asked({
    user,
    verb,
    path: url,
    isResourceRequest: false,
    group: "",
    resource: "",
    namespace: "",
    name: "",
  });

const rule = (changes: JsonObject = {}): JsonObject => ({
  apiGroups: ["lab.example.com"],
  resources: ["widgets"],
  verbs: ["get"],
  ...changes,
});
const role = (name: string, ...rules: JsonObject[]): JsonObject => ({
  kind: "Role",
  metadata: { name, namespace: "team-a" },
  rules,
});
const clusterRole = (name: string, ...rules: JsonObject[]): JsonObject => ({
  kind: "ClusterRole",
  metadata: { name },
  rules,
});
const user = (name: string): JsonObject => ({ kind: "User", name });
const bind = (ref: string, subject: JsonObject, namespace = "team-a"): JsonObject => ({
  kind: "RoleBinding",
  metadata: { name: `b-${ref.toLowerCase()}`, namespace },
  roleRef: { kind: ref.split("/")[0] ?? "", name: ref.split("/")[1] ?? "" },
  subjects: [subject],
});
const bindEverywhere = (ref: string, subject: JsonObject): JsonObject => ({
  kind: "ClusterRoleBinding",
  metadata: { name: `cb-${ref}` },
  roleRef: { kind: "ClusterRole", name: ref },
  subjects: [subject],
});

const decide = (objects: readonly JsonObject[], attributes: AuthorizationAttributes): Decision =>
  new RbacAuthorizer(staticRbacSource(objects)).authorize(attributes);

const isAllowed = (rules: JsonObject, attributes: AuthorizationAttributes): boolean =>
  decide([clusterRole("r", rules), bindEverywhere("r", user("alice"))], attributes).decision === "Allow";

describe("a rule", () => {
  test.each<{ says: string; rule: JsonObject; ask: Partial<AuthorizationAttributes>; allows: boolean }>([
    { says: "allows its verb on its resource", rule: rule(), ask: {}, allows: true },
    { says: "refuses another verb", rule: rule(), ask: { verb: "update" }, allows: false },
    { says: "refuses another group", rule: rule(), ask: { group: "apps" }, allows: false },
    { says: "refuses another resource", rule: rule(), ask: { resource: "gadgets" }, allows: false },
    { says: "does not cover subresources", rule: rule(), ask: { subresource: "status" }, allows: false },
    { says: "covers a named subresource", rule: rule({ resources: ["widgets/status"] }), ask: { subresource: "status" }, allows: true },
    { says: "of a subresource does not cover the resource", rule: rule({ resources: ["widgets/status"] }), ask: {}, allows: false },
    { says: "covers a subresource of everything", rule: rule({ resources: ["*/scale"] }), ask: { subresource: "scale" }, allows: true },
    { says: "of */scale does not cover status", rule: rule({ resources: ["*/scale"] }), ask: { subresource: "status" }, allows: false },
    { says: "does not know widgets/*", rule: rule({ resources: ["widgets/*"] }), ask: { subresource: "status" }, allows: false },
    { says: "with * covers subresources too", rule: rule({ resources: ["*"] }), ask: { subresource: "status" }, allows: true },
    { says: "with * verbs allows made-up verbs", rule: rule({ verbs: ["*"] }), ask: { verb: "override" }, allows: true },
    { says: "with * groups allows the core group", rule: rule({ apiGroups: ["*"] }), ask: { group: "" }, allows: true },
    { says: "with the empty group is only the core group", rule: rule({ apiGroups: [""] }), ask: {}, allows: false },
    { says: "with names allows them", rule: rule({ resourceNames: ["v", "w"] }), ask: {}, allows: true },
    { says: "with names refuses others", rule: rule({ resourceNames: ["v"] }), ask: {}, allows: false },
    { says: "with names refuses requests without one", rule: rule({ resourceNames: ["w"] }), ask: { name: "" }, allows: false },
    { says: "without apiGroups allows nothing", rule: { resources: ["*"], verbs: ["*"] }, ask: {}, allows: false },
    { says: "takes names that JavaScript objects have", rule: rule({ resourceNames: ["constructor"] }), ask: { name: "__proto__" }, allows: false },
  ])("$says", ({ rule: given, ask, allows }) => {
    expect(isAllowed(given, asked(ask))).toBe(allows);
  }); // prettier-ignore

  test.each([
    ["/metrics", "/metrics", true],
    ["/metrics", "/metrics/", false],
    ["/apis/*", "/apis/apps", true],
    ["/apis/*", "/apis", false],
    ["/apis*", "/apis", true],
    ["*", "/anything", true],
  ])("for the path %s and a request for %s: %s", (url, wanted, allows) => {
    expect(isAllowed({ nonResourceURLs: [url], verbs: ["get"] }, path("get", wanted))).toBe(allows);
    expect(isAllowed({ nonResourceURLs: [url], verbs: ["get"] }, path("post", wanted))).toBe(false);
  });
});

describe("a binding", () => {
  test.each<{ says: string; objects: JsonObject[]; ask?: Partial<AuthorizationAttributes>; reason: string | undefined }>([
    {
      says: "of a Role counts in its namespace",
      objects: [role("r", rule()), bind("Role/r", user("alice"))],
      reason: 'RBAC: allowed by RoleBinding "b-role/r/team-a" of Role "r" to User "alice"',
    },
    {
      says: "of a Role counts nowhere else",
      objects: [role("r", rule()), bind("Role/r", user("alice"))],
      ask: { namespace: "team-b" },
      reason: undefined,
    },
    {
      says: "in a namespace says nothing about the cluster",
      objects: [clusterRole("r", rule()), bind("ClusterRole/r", user("alice"))],
      ask: { namespace: "" },
      reason: undefined,
    },
    {
      says: "of a ClusterRole in a namespace counts there",
      objects: [clusterRole("r", rule()), bind("ClusterRole/r", { kind: "Group", name: "devs" })],
      reason: 'RBAC: allowed by RoleBinding "b-clusterrole/r/team-a" of ClusterRole "r" to Group "devs"',
    },
    {
      says: "of the whole cluster counts in every namespace",
      objects: [clusterRole("r", rule()), bindEverywhere("r", { kind: "Group", name: "devs" })],
      reason: 'RBAC: allowed by ClusterRoleBinding "cb-r" of ClusterRole "r" to Group "devs"',
    },
    {
      says: "takes a user for no group of the same name",
      objects: [clusterRole("r", rule()), bindEverywhere("r", { kind: "Group", name: "alice" })],
      reason: undefined,
    },
    {
      says: "knows service accounts by their user name",
      objects: [clusterRole("r", rule()), bindEverywhere("r", { kind: "ServiceAccount", name: "sa", namespace: "ns" })],
      ask: { user: { name: "system:serviceaccount:ns:sa", groups: [] } },
      reason: 'RBAC: allowed by ClusterRoleBinding "cb-r" of ClusterRole "r" to ServiceAccount "sa/ns"',
    },
    {
      says: "takes a service account without a namespace from its own",
      objects: [role("r", rule()), bind("Role/r", { kind: "ServiceAccount", name: "sa" })],
      ask: { user: { name: "system:serviceaccount:team-a:sa", groups: [] } },
      reason: 'RBAC: allowed by RoleBinding "b-role/r/team-a" of Role "r" to ServiceAccount "sa/team-a"',
    },
  ])("$says", ({ objects, ask, reason }) => {
    const decision = decide(objects, asked(ask));
    expect(decision).toEqual(
      reason === undefined ? { decision: "NoOpinion", reason: "" } : { decision: "Allow", reason },
    );
  }); // prettier-ignore

  test("to a role that is not there is told in the reason of a refusal, and only then", () => {
    const missing = bindEverywhere("gone", user("alice"));
    const error = 'clusterrole.rbac.authorization.k8s.io "gone" not found';
    expect(decide([missing], asked())).toEqual({ decision: "NoOpinion", reason: `RBAC: ${error}` });
    const other = [missing, bind("Role/lost", user("alice"))];
    expect(decide(other, asked()).reason).toBe(
      `RBAC: [${error}, role.rbac.authorization.k8s.io "lost" not found]`,
    );
    const allowing = [...other, clusterRole("r", rule()), bindEverywhere("r", user("alice"))];
    expect(decide(allowing, asked()).decision).toBe("Allow");
  });
});

describe("aggregated ClusterRoles", () => {
  const collecting = (name: string, label: string, ...labels: string[]): JsonObject => ({
    kind: "ClusterRole",
    metadata: { name, labels: Object.fromEntries(labels.map((key) => [key, "true"])) },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label]: "true" } }] },
    rules: [rule({ verbs: ["ignored"] })],
  });
  const labelled = (label: string, given: JsonObject): JsonObject => ({
    kind: "ClusterRole",
    metadata: { name: `with-${label}`, labels: { [label]: "true" } },
    rules: [given],
  });

  test("have the rules of the roles they select, through several levels, and not their own", () => {
    const objects = [
      collecting("admin", "to-admin"),
      collecting("edit", "to-edit", "to-admin"),
      labelled("to-edit", rule()),
      bindEverywhere("admin", user("alice")),
    ];
    expect(decide(objects, asked()).decision).toBe("Allow");
    expect(decide(objects, asked({ verb: "ignored" })).decision).toBe("NoOpinion");
  });

  test("may select each other in a circle", () => {
    const objects = [
      collecting("a", "to-a", "to-b"),
      collecting("b", "to-b", "to-a"),
      labelled("to-a", rule()),
      bindEverywhere("b", user("alice")),
    ];
    expect(decide(objects, asked()).decision).toBe("Allow");
  });

  test("with a selector that makes no sense collect nothing and disturb nobody", () => {
    const broken = {
      kind: "ClusterRole",
      metadata: { name: "broken" },
      aggregationRule: { clusterRoleSelectors: [{ matchExpressions: [{ key: "a", operator: "Nonsense" }] }] },
    };
    const objects = [
      broken,
      clusterRole("r", rule()),
      bindEverywhere("broken", user("bob")),
      bindEverywhere("r", user("alice")),
    ];
    expect(decide(objects, asked()).decision).toBe("Allow");
    expect(decide(objects, asked({ user: { name: "bob", groups: [] } })).decision).toBe("NoOpinion");
  });
});

test("a change of the objects is honoured by the next question", () => {
  const source = staticRbacSource([clusterRole("r", rule()), bindEverywhere("r", user("alice"))]);
  const authorizer = new RbacAuthorizer(source);
  expect(authorizer.authorize(asked()).decision).toBe("Allow");
  source.set([clusterRole("r", rule())]);
  expect(authorizer.authorize(asked()).decision).toBe("NoOpinion");
});

test("the cached answer is that of walking the rules, whatever was asked before", () => {
  const word = fc.constantFrom("get", "list", "*");
  const group = fc.constantFrom("", "apps", "*");
  const resource = fc.constantFrom("pods", "pods/status", "*/status", "*");
  const rules = fc.record(
    {
      verbs: fc.array(word, { maxLength: 2 }),
      apiGroups: fc.array(group, { maxLength: 2 }),
      resources: fc.array(resource, { maxLength: 2 }),
      resourceNames: fc.array(fc.constantFrom("a", "b"), { maxLength: 2 }),
    },
    { requiredKeys: ["verbs", "apiGroups", "resources"] },
  );
  const questions = fc.array(
    fc.record({
      verb: fc.constantFrom("get", "list"),
      group: fc.constantFrom("", "apps"),
      resource: fc.constant("pods"),
      subresource: fc.constantFrom("", "status"),
      name: fc.constantFrom("", "a", "b"),
    }),
    { minLength: 1, maxLength: 8 },
  );
  fc.assert(
    fc.property(fc.array(rules, { maxLength: 4 }), questions, (given, asks) => {
      const authorizer = new RbacAuthorizer(
        staticRbacSource([clusterRole("r", ...given), bindEverywhere("r", user("alice"))]),
      );
      const parsed = parsePolicyRules(given);
      for (const ask of asks) {
        const attributes = asked(ask);
        const expected = parsed.some((one) => ruleAllows(one, attributes));
        expect(authorizer.authorize(attributes).decision === "Allow").toBe(expected);
      }
    }),
  );
});

describe("the policy of a new server", () => {
  const may = (
    groups: string[],
    attributes: Partial<AuthorizationAttributes>,
    extra: JsonObject[] = [],
  ): boolean =>
    decide([...bootstrapPolicy(), ...extra], asked({ ...attributes, user: { name: "u", groups } }))
      .decision === "Allow";
  const inTeam = (name: string): JsonObject[] => [bind(`ClusterRole/${name}`, { kind: "Group", name: "g" })];
  const secret = { group: "", resource: "secrets" };

  test.each<[string, boolean]>([
    ["system:authenticated", true],
    ["system:unauthenticated", false],
  ])("lets %s discover: %s", (group, allowed) => {
    for (const url of ["/api", "/apis/apps", "/openapi/v3"]) {
      expect(
        decide(bootstrapPolicy(), path("get", url, { name: "u", groups: [group] })).decision === "Allow",
      ).toBe(allowed);
    }
    expect(decide(bootstrapPolicy(), path("get", "/version", { name: "u", groups: [group] })).decision).toBe(
      "Allow",
    );
    expect(decide(bootstrapPolicy(), path("get", "/metrics", { name: "u", groups: [group] })).decision).toBe(
      "NoOpinion",
    );
  });

  test("gives admin, edit and view what their names say", () => {
    const create = { ...secret, verb: "create" };
    expect(may(["g"], secret, inTeam("view"))).toBe(false);
    expect(may(["g"], { ...secret, resource: "configmaps" }, inTeam("view"))).toBe(true);
    expect(may(["g"], create, inTeam("edit"))).toBe(true);
    expect(may(["g"], { ...secret, resource: "configmaps" }, inTeam("edit"))).toBe(true);
    const roles = { group: "rbac.authorization.k8s.io", resource: "roles", verb: "create" };
    expect(may(["g"], roles, inTeam("edit"))).toBe(false);
    expect(may(["g"], roles, inTeam("admin"))).toBe(true);
    expect(may(["g"], create, inTeam("admin"))).toBe(true);
    expect(may(["g"], { ...create, namespace: "team-b" }, inTeam("admin"))).toBe(false);
  });

  test("lets system:masters do everything and everybody ask about himself", () => {
    expect(may(["system:masters"], { group: "x", resource: "y", verb: "z" })).toBe(true);
    const review = {
      group: "authorization.k8s.io",
      resource: "selfsubjectaccessreviews",
      verb: "create",
      namespace: "",
    };
    expect(may(["system:authenticated"], review)).toBe(true);
    expect(may(["system:authenticated"], { ...review, resource: "subjectaccessreviews" })).toBe(false);
  });
});
