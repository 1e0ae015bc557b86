import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";

/** One rule of a Role or ClusterRole. Absent lists are empty. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

const strings = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

/** Reads a `rules` list; entries that are not objects are left out. */
export function parsePolicyRules(value: JsonValue | undefined): PolicyRule[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).map((rule: JsonObject) => ({
    verbs: strings(getKey(rule, "verbs")),
    apiGroups: strings(getKey(rule, "apiGroups")),
    resources: strings(getKey(rule, "resources")),
    resourceNames: strings(getKey(rule, "resourceNames")),
    nonResourceURLs: strings(getKey(rule, "nonResourceURLs")),
  }));
}

const hasOrAll = (list: readonly string[], wanted: string): boolean =>
  list.includes(wanted) || list.includes("*");

function resourceMatches(rule: PolicyRule, resource: string, subresource: string): boolean {
  if (subresource === "") return hasOrAll(rule.resources, resource);
  return (
    hasOrAll(rule.resources, `${resource}/${subresource}`) || rule.resources.includes(`*/${subresource}`)
  );
}

function pathMatches(pattern: string, path: string): boolean {
  if (pattern === "*" || pattern === path) return true;
  return pattern.endsWith("*") && path.startsWith(pattern.replace(/\*+$/, ""));
}

/** Whether the rule allows the resource and verb, names left aside. */
export const ruleCoversResource = (
  rule: PolicyRule,
  a: Pick<AuthorizationAttributes, "verb" | "group" | "resource" | "subresource">,
): boolean =>
  hasOrAll(rule.verbs, a.verb) &&
  hasOrAll(rule.apiGroups, a.group) &&
  resourceMatches(rule, a.resource, a.subresource);

/** Whether the rule allows the verb on a path that is not a resource. */
export const ruleCoversPath = (rule: PolicyRule, verb: string, path: string): boolean =>
  hasOrAll(rule.verbs, verb) && rule.nonResourceURLs.some((pattern) => pathMatches(pattern, path));

/** Whether the rule alone allows the request. */
export function ruleAllows(rule: PolicyRule, a: AuthorizationAttributes): boolean {
  if (!a.isResourceRequest) return ruleCoversPath(rule, a.verb, a.path);
  return (
    ruleCoversResource(rule, a) && (rule.resourceNames.length === 0 || rule.resourceNames.includes(a.name))
  );
}
