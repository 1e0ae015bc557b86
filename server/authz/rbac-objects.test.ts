import { expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson } from "../../machinery/json/value.ts";
import type { AdmissionAttributes } from "../admission/plugin.ts";
import { pathSegmentProblems, rbacObjects } from "./rbac-objects.ts";

const group = "rbac.authorization.k8s.io";
const kinds: Readonly<Record<string, string>> = {
  roles: "Role",
  clusterroles: "ClusterRole",
  rolebindings: "RoleBinding",
  clusterrolebindings: "ClusterRoleBinding",
};

/** Admits and validates; answers the object as it is then. */
async function write(resource: string, object: JsonObject, oldObject?: JsonObject): Promise<JsonObject> {
  const admitted = cloneJson(object);
  const attributes: AdmissionAttributes = {
    operation: oldObject === undefined ? "CREATE" : "UPDATE",
    user: { name: "u", groups: [] },
    resource: { group, version: "v1", resource },
    kind: { group, version: "v1", kind: kinds[resource] ?? "" },
    subresource: "",
    namespace: "",
    name: "x",
    object: admitted,
    ...(oldObject === undefined ? {} : { oldObject }),
    options: {},
    dryRun: false,
    requestVersion: "v1",
    clientPath: (path) => path,
    warn: () => undefined,
    annotate: () => undefined,
    call: new AbortController(),
  };
  const plugin = rbacObjects();
  expect(plugin.handles(attributes)).toBe(true);
  await plugin.admit?.(attributes);
  await plugin.validate?.(attributes);
  return admitted;
}

const rule = { apiGroups: [""], resources: ["pods"], verbs: ["get"] };
const binding: JsonObject = {
  roleRef: { kind: "ClusterRole", name: "system:r" },
  subjects: [{ kind: "User", name: "u" }],
};

test("the API groups of a binding are filled in, those of service accounts are not", async () => {
  const subjects = [
    { kind: "User", name: "u" },
    { kind: "ServiceAccount", name: "s", namespace: "n" },
  ];
  expect(await write("rolebindings", { ...binding, subjects })).toEqual({
    roleRef: { apiGroup: group, kind: "ClusterRole", name: "system:r" },
    subjects: [{ apiGroup: group, kind: "User", name: "u" }, subjects[1]],
  });
});

test.each<{ says: string; resource: string; object: JsonObject; message: string }>([
  { says: "a rule without verbs", resource: "roles", object: { rules: [{ ...rule, verbs: [] }] }, message: 'Role.rbac.authorization.k8s.io "x" is invalid: rules[0].verbs: Required value: verbs must contain at least one value' },
  { says: "a rule without resources", resource: "roles", object: { rules: [rule, { apiGroups: [""], verbs: ["get"] }] }, message: "rules[1].resources: Required value: resource rules must supply at least one resource" },
  { says: "paths in a Role", resource: "roles", object: { rules: [{ nonResourceURLs: ["/a"], verbs: ["get"] }] }, message: 'rules[0].nonResourceURLs: Invalid value: ["/a"]: namespaced rules cannot apply to non-resource URLs' },
  { says: "paths beside resources", resource: "clusterroles", object: { rules: [{ ...rule, nonResourceURLs: ["/a"] }] }, message: "rules cannot apply to both regular resources and non-resource URLs" },
  { says: "an aggregation of nothing", resource: "clusterroles", object: { aggregationRule: {} }, message: "aggregationRule.clusterRoleSelectors: Required value: at least one" },
  { says: "a Role bound to the cluster", resource: "clusterrolebindings", object: { ...binding, roleRef: { kind: "Role", name: "r" } }, message: 'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"' },
  { says: "a role without a name", resource: "rolebindings", object: { ...binding, roleRef: { kind: "Role" } }, message: "roleRef.name: Required value" },
  { says: "an unknown subject", resource: "rolebindings", object: { ...binding, subjects: [{ kind: "Robot", name: "r" }] }, message: 'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"' },
  { says: "a service account of no namespace", resource: "clusterrolebindings", object: { ...binding, subjects: [{ kind: "ServiceAccount", name: "s" }] }, message: "subjects[0].namespace: Required value" },
])("$says is refused", async ({ resource, object, message }) => {
  await expect(write(resource, object)).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining(message) as string,
  });
}); // prettier-ignore

test("what makes sense is accepted, and a binding keeps its role", async () => {
  await write("roles", { rules: [rule] });
  await write("clusterroles", { rules: [rule, { nonResourceURLs: ["/a"], verbs: ["get"] }] });
  const stored = await write("rolebindings", binding);
  await write("rolebindings", { ...binding, subjects: [] }, stored);
  const other = { ...binding, roleRef: { kind: "ClusterRole", name: "other" } };
  await expect(write("rolebindings", other, stored)).rejects.toThrow("cannot change roleRef");
});

test.each([
  ["system:discovery", []],
  ["a/b%", ["may not contain '/'", "may not contain '%'"]],
  ["..", ["may not be '..'"]],
])("a role may be named %s unless %j", (name, problems) => {
  expect(pathSegmentProblems(name)).toEqual(problems);
});
