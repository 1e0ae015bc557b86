import type { GroupVersionKind } from "../../api/meta/types.ts";

// The groups whose Go packages, not their domains, give the names of their definitions.
const builtInPackages: ReadonlyMap<string, string> = new Map([
  ["", "core"],
  ["apps", "apps"],
  ["autoscaling", "autoscaling"],
  ["batch", "batch"],
  ["policy", "policy"],
  ["admissionregistration.k8s.io", "admissionregistration"],
  ["authentication.k8s.io", "authentication"],
  ["authorization.k8s.io", "authorization"],
  ["certificates.k8s.io", "certificates"],
  ["coordination.k8s.io", "coordination"],
  ["discovery.k8s.io", "discovery"],
  ["events.k8s.io", "events"],
  ["networking.k8s.io", "networking"],
  ["node.k8s.io", "node"],
  ["rbac.authorization.k8s.io", "rbac"],
  ["scheduling.k8s.io", "scheduling"],
  ["storage.k8s.io", "storage"],
]);

/**
 * The name of a kind's definition: the reversed group, version and kind (`dev.hawsepipe.v1.Foo`), or for the groups
 * Kubernetes is built with the name of their package (`io.k8s.api.apps.v1.Deployment`).
 */
export function definitionName({ group, version, kind }: GroupVersionKind): string {
  const builtIn = builtInPackages.get(group);
  const prefix = builtIn === undefined ? group.split(".").reverse().join(".") : `io.k8s.api.${builtIn}`;
  return `${prefix}.${version}.${kind}`;
}

/** Letters and digits of a text, what follows anything else in upper case: `lab.example.com` becomes `LabExampleCom`. */
export function camelCase(text: string, isCapitalized: boolean): string {
  const joined = text.replace(/[^\p{L}\p{Nd}_]+(.)?/gu, (_all, next: string | undefined) =>
    (next ?? "").toUpperCase(),
  );
  return isCapitalized ? joined.slice(0, 1).toUpperCase() + joined.slice(1) : joined;
}

/** The group as operation ids and tags use it. */
const shortGroup = (group: string): string => (group === "" ? "core" : group.replace(/\.k8s\.io$/, ""));

/** `labExampleCom_v1` */
export const operationTag = (group: string, version: string): string =>
  `${camelCase(shortGroup(group), false)}_${camelCase(version, false)}`;

/** `list`, `NamespacedWidget` make `listLabExampleComV1NamespacedWidget`. */
export const operationId = (verb: string, group: string, version: string, rest: string): string =>
  `${verb}${camelCase(shortGroup(group), true)}${camelCase(version, true)}${rest}`;

/** `an Apple`, `a Widget` */
export const withArticle = (noun: string): string => `${/^[aeiou]/i.test(noun) ? "an" : "a"} ${noun}`;

/** The path of a group and version: `api/v1` or `apis/apps/v1`. */
export const groupVersionPath = (group: string, version: string): string =>
  group === "" ? `api/${version}` : `apis/${group}/${version}`;
