import { forbidden, notFound } from "../../api/errors/catalogue.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { cloneJson, equalJson, getKey, getPath, isObject } from "../../machinery/json/value.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission/plugin.ts";
import type { Authorizer } from "./authorizer.ts";
import { compactRule, goStrings, missingRights } from "./covers.ts";
import type { PolicyRule } from "./policy-rule.ts";
import { parsePolicyRules } from "./policy-rule.ts";
import type { RbacAuthorizer } from "./rbac-authorizer.ts";
import { bindingErrors } from "./rbac-authorizer.ts";
import type { RoleRef } from "./rbac-index.ts";

const rbacGroup = "rbac.authorization.k8s.io";
const roleResources = new Set(["roles", "clusterroles"]);
const bindingResources = new Set(["rolebindings", "clusterrolebindings"]);

const everything: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"], resourceNames: [], nonResourceURLs: [] },
  { verbs: ["*"], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ["*"] },
];

/**
 * Nobody grants more than he holds. A role may be written by who has all its rules or the verb `escalate` on it; a
 * binding by who has all rules of its role or the verb `bind` on that role. `system:masters` may do both.
 */
export function escalationCheck(rbac: RbacAuthorizer, authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "RBACEscalation",
    handles: (a) =>
      a.resource.group === rbacGroup &&
      a.subresource === "" &&
      (a.operation === "CREATE" || a.operation === "UPDATE") &&
      (roleResources.has(a.resource.resource) || bindingResources.has(a.resource.resource)),
    validate: async (a) => {
      if (a.object === undefined || a.user.groups.includes("system:masters")) return;
      if (a.oldObject !== undefined && changesOnlyOwnership(a.object, a.oldObject)) return;
      if (roleResources.has(a.resource.resource)) await checkRole(a, a.object, rbac, authorizer);
      else await checkBinding(a, a.object, rbac, authorizer);
    },
  };
}

async function checkRole(
  a: AdmissionAttributes,
  role: JsonObject,
  rbac: RbacAuthorizer,
  authorizer: Authorizer,
): Promise<void> {
  if (await isAllowed(a, "escalate", { resource: a.resource.resource, name: a.name }, authorizer)) return;
  confirmHeld(a, parsePolicyRules(getKey(role, "rules")), rbac);
  if (!aggregates(role) && !aggregates(a.oldObject)) return;
  if (unheld(a, everything, rbac).length > 0) {
    throw forbidden(a.resource, a.name, "must have cluster-admin privileges to use the aggregationRule");
  }
}

async function checkBinding(
  a: AdmissionAttributes,
  binding: JsonObject,
  rbac: RbacAuthorizer,
  authorizer: Authorizer,
): Promise<void> {
  const ref = roleRefOf(binding);
  const resource = ref.kind === "ClusterRole" ? "clusterroles" : "roles";
  const isKnownKind = ref.kind === "ClusterRole" || ref.kind === "Role";
  if (isKnownKind && (await isAllowed(a, "bind", { resource, name: ref.name }, authorizer))) return;
  const found = rbac.index().rulesOf(ref, a.namespace);
  if ("rules" in found) {
    confirmHeld(a, found.rules, rbac);
    return;
  }
  if (found.missing) throw notFound({ group: rbacGroup, resource: resource.slice(0, -1) }, ref.name);
  throw forbidden(a.resource, a.name, found.error);
}

async function isAllowed(
  a: AdmissionAttributes,
  verb: string,
  role: { readonly resource: string; readonly name: string },
  authorizer: Authorizer,
): Promise<boolean> {
  const answer = await authorizer.authorize({
    user: a.user,
    verb,
    isResourceRequest: true,
    group: rbacGroup,
    version: "*",
    resource: role.resource,
    subresource: "",
    namespace: a.namespace,
    name: role.name,
    path: "",
  });
  return answer.decision === "Allow";
}

const unheld = (a: AdmissionAttributes, wanted: readonly PolicyRule[], rbac: RbacAuthorizer): PolicyRule[] =>
  missingRights(
    rbac.grants(a.user, a.namespace).flatMap((grant) => grant.rules),
    wanted,
  );

function confirmHeld(a: AdmissionAttributes, wanted: readonly PolicyRule[], rbac: RbacAuthorizer): void {
  const missing = unheld(a, wanted, rbac);
  if (missing.length === 0) return;
  const lines = [...new Set(missing.map(compactRule))].sort();
  const errors = bindingErrors(rbac.grants(a.user, a.namespace));
  const user = `user ${JSON.stringify(a.user.name)} (groups=${goStrings(a.user.groups)})`;
  throw forbidden(
    a.resource,
    a.name,
    `${user} is attempting to grant RBAC permissions not currently held:\n${lines.join("\n")}` +
      (errors === undefined ? "" : `; resolution errors: [${errors}]`),
  );
}

function roleRefOf(binding: JsonObject): RoleRef {
  const kind = getPath(binding, "roleRef", "kind");
  const name = getPath(binding, "roleRef", "name");
  return { kind: typeof kind === "string" ? kind : "", name: typeof name === "string" ? name : "" };
}

function aggregates(role: JsonObject | undefined): boolean {
  const selectors = getPath(role, "aggregationRule", "clusterRoleSelectors");
  return Array.isArray(selectors) && selectors.length > 0;
}

/** What the garbage collector writes must always be possible: owner references and finalizers grant nothing. */
function changesOnlyOwnership(next: JsonObject, old: JsonObject): boolean {
  const without = (object: JsonObject): JsonObject => {
    const copy = cloneJson(object);
    const metadata = getKey(copy, "metadata");
    if (isObject(metadata)) {
      for (const field of [
        "ownerReferences",
        "finalizers",
        "managedFields",
        "resourceVersion",
        "generation",
      ]) {
        Reflect.deleteProperty(metadata, field);
      }
    }
    return copy;
  };
  return equalJson(without(next), without(old));
}
