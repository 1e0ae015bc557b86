import { invalid } from "../../api/errors/catalogue.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { invalid as invalidField, notSupported, required } from "../../machinery/field/error.ts";
import { FieldPath } from "../../machinery/field/path.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { equalJson, getKey, getPath, isObject } from "../../machinery/json/value.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission/plugin.ts";
import { parsePolicyRules } from "./policy-rule.ts";

const rbacGroup = "rbac.authorization.k8s.io";
const roleResources = new Set(["roles", "clusterroles"]);
const bindingResources = new Set(["rolebindings", "clusterrolebindings"]);

/**
 * What kube-apiserver knows about RBAC objects beyond their schema: the API groups it fills in, rules and subjects
 * that make no sense, and that a binding keeps its role.
 */
export function rbacObjects(): AdmissionPlugin {
  return {
    name: "RBACObjects",
    handles: (a) =>
      a.resource.group === rbacGroup &&
      a.subresource === "" &&
      (a.operation === "CREATE" || a.operation === "UPDATE") &&
      (roleResources.has(a.resource.resource) || bindingResources.has(a.resource.resource)),
    admit: async ({ resource, object }) => {
      if (object !== undefined && bindingResources.has(resource.resource)) fillGroups(object);
    },
    validate: async (a) => {
      if (a.object === undefined) return;
      const isNamespaced = !a.resource.resource.startsWith("cluster");
      const errors = roleResources.has(a.resource.resource)
        ? validateRole(a.object, isNamespaced)
        : validateBinding(a, a.object, isNamespaced);
      if (errors.length > 0) throw invalid({ group: rbacGroup, kind: a.kind.kind }, a.name, errors);
    },
  };
}

function fillGroups(binding: JsonObject): void {
  const roleRef = getKey(binding, "roleRef");
  if (isObject(roleRef) && isEmpty(getKey(roleRef, "apiGroup"))) roleRef["apiGroup"] = rbacGroup;
  for (const subject of itemsOf(getKey(binding, "subjects"))) {
    const kind = getKey(subject, "kind");
    if ((kind === "User" || kind === "Group") && isEmpty(getKey(subject, "apiGroup"))) {
      subject["apiGroup"] = rbacGroup;
    }
  }
}

const isEmpty = (value: JsonValue | undefined): boolean => value === undefined || value === "";
const itemsOf = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];
const textOf = (object: JsonValue | undefined, ...path: readonly string[]): string => {
  const value = getPath(object, ...path);
  return typeof value === "string" ? value : "";
};

function validateRole(role: JsonObject, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const at = FieldPath.of("rules");
  parsePolicyRules(getKey(role, "rules")).forEach((rule, i) => {
    const here = at.index(i);
    if (rule.verbs.length === 0) {
      errors.push(required(here.child("verbs"), "verbs must contain at least one value"));
    }
    if (rule.nonResourceURLs.length > 0) {
      const refuse = (why: string): void => {
        errors.push(invalidField(here.child("nonResourceURLs"), [...rule.nonResourceURLs], why));
      };
      if (isNamespaced) refuse("namespaced rules cannot apply to non-resource URLs");
      if (rule.apiGroups.length + rule.resources.length + rule.resourceNames.length > 0) {
        refuse("rules cannot apply to both regular resources and non-resource URLs");
      }
      return;
    }
    if (rule.apiGroups.length === 0) {
      errors.push(required(here.child("apiGroups"), "resource rules must supply at least one api group"));
    }
    if (rule.resources.length === 0) {
      errors.push(required(here.child("resources"), "resource rules must supply at least one resource"));
    }
  });
  const aggregation = getKey(role, "aggregationRule");
  if (isObject(aggregation) && itemsOf(getKey(aggregation, "clusterRoleSelectors")).length === 0) {
    const why = "at least one clusterRoleSelector required if aggregationRule is non-nil";
    errors.push(required("aggregationRule.clusterRoleSelectors", why));
  }
  return errors;
}

function validateBinding(a: AdmissionAttributes, binding: JsonObject, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const group = textOf(binding, "roleRef", "apiGroup");
  if (group !== rbacGroup) errors.push(notSupported("roleRef.apiGroup", group, [rbacGroup]));
  const kind = textOf(binding, "roleRef", "kind");
  const kinds = isNamespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
  if (!kinds.includes(kind)) errors.push(notSupported("roleRef.kind", kind, kinds));
  const name = textOf(binding, "roleRef", "name");
  if (name === "") errors.push(required("roleRef.name"));
  for (const why of pathSegmentProblems(name)) errors.push(invalidField("roleRef.name", name, why));
  itemsOf(getKey(binding, "subjects")).forEach((subject, i) => {
    errors.push(...validateSubject(subject, isNamespaced, FieldPath.of("subjects").index(i)));
  });
  const roleRef = getKey(binding, "roleRef");
  if (a.oldObject !== undefined && !equalJson(getKey(a.oldObject, "roleRef"), roleRef)) {
    errors.push(invalidField("roleRef", roleRef, "cannot change roleRef"));
  }
  return errors;
}

function validateSubject(subject: JsonObject, isNamespaced: boolean, at: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  const kind = textOf(subject, "kind");
  const group = textOf(subject, "apiGroup");
  if (textOf(subject, "name") === "") errors.push(required(at.child("name")));
  if (kind === "ServiceAccount") {
    if (group !== "") errors.push(notSupported(at.child("apiGroup"), group, [""]));
    if (!isNamespaced && textOf(subject, "namespace") === "") errors.push(required(at.child("namespace")));
  } else if (kind === "User" || kind === "Group") {
    if (group !== rbacGroup) errors.push(notSupported(at.child("apiGroup"), group, [rbacGroup]));
  } else {
    errors.push(notSupported(at.child("kind"), kind, ["ServiceAccount", "User", "Group"]));
  }
  return errors;
}

/** What is wrong with a name that may be anything a path may hold, such as `system:discovery`; empty when nothing is. */
export function pathSegmentProblems(name: string): string[] {
  if (name === "." || name === "..") return [`may not be '${name}'`];
  return ["/", "%"]
    .filter((illegal) => name.includes(illegal))
    .map((illegal) => `may not contain '${illegal}'`);
}
