import type { PolicyRule } from "./policy-rule.ts";

/** A rule taken apart: one verb on one resource or path. */
type SingleRight =
  | {
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly name: string | undefined;
    }
  | { readonly verb: string; readonly path: string };

function takeApart(rule: PolicyRule): SingleRight[] {
  const rights: SingleRight[] = [];
  const names: readonly (string | undefined)[] =
    rule.resourceNames.length === 0 ? [undefined] : rule.resourceNames;
  for (const group of rule.apiGroups) {
    for (const resource of rule.resources) {
      for (const verb of rule.verbs) {
        for (const name of names) rights.push({ verb, group, resource, name });
      }
    }
  }
  for (const path of rule.nonResourceURLs) {
    for (const verb of rule.verbs) rights.push({ verb, path });
  }
  return rights;
}

const has = (list: readonly string[], wanted: string): boolean => list.includes("*") || list.includes(wanted);

function hasResource(list: readonly string[], wanted: string): boolean {
  if (has(list, wanted)) return true;
  const slash = wanted.indexOf("/");
  return slash >= 0 && list.includes(`*${wanted.slice(slash)}`);
}

const hasPath = (list: readonly string[], wanted: string): boolean =>
  list.some((owned) => owned === wanted || (owned.endsWith("*") && wanted.startsWith(owned.slice(0, -1))));

function ruleCovers(owner: PolicyRule, right: SingleRight): boolean {
  if (!has(owner.verbs, right.verb)) return false;
  if ("path" in right) return hasPath(owner.nonResourceURLs, right.path);
  return (
    has(owner.apiGroups, right.group) &&
    hasResource(owner.resources, right.resource) &&
    (owner.resourceNames.length === 0 ||
      (right.name !== undefined && owner.resourceNames.includes(right.name)))
  );
}

/**
 * The part of `wanted` that `owned` does not grant, verbs on the same thing together. Empty when everything is
 * covered. Wildcards in `wanted` are covered only by the same wildcards.
 */
export function missingRights(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  const missing = new Map<string, { rule: PolicyRule; verbs: string[] }>();
  for (const right of wanted.flatMap(takeApart)) {
    if (owned.some((rule) => ruleCovers(rule, right))) continue;
    const rule = asRule(right);
    const key =
      "path" in right ? JSON.stringify([right.path, right.verb]) : JSON.stringify({ ...rule, verbs: [] });
    const known = missing.get(key);
    if (known === undefined) missing.set(key, { rule, verbs: [right.verb] });
    else known.verbs.push(right.verb);
  }
  return [...missing.values()].map(({ rule, verbs }) => ({ ...rule, verbs }));
}

const asRule = (right: SingleRight): PolicyRule =>
  "path" in right
    ? { verbs: [], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [right.path] }
    : {
        verbs: [],
        apiGroups: [right.group],
        resources: [right.resource],
        resourceNames: right.name === undefined ? [] : [right.name],
        nonResourceURLs: [],
      };

/** A rule in the short form of messages: `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get"]}`. */
export function compactRule(rule: PolicyRule): string {
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ["APIGroups", rule.apiGroups],
    ["Resources", rule.resources],
    ["NonResourceURLs", rule.nonResourceURLs],
    ["ResourceNames", rule.resourceNames],
    ["Verbs", rule.verbs],
  ];
  const shown = parts
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `${name}:${goStrings(list)}`);
  return `{${shown.join(", ")}}`;
}

/** A list of strings as Go prints it with %q: quoted, separated by spaces. */
export const goStrings = (list: readonly string[]): string =>
  `[${list.map((item) => JSON.stringify(item)).join(" ")}]`;
