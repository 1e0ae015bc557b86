import type { ResourceDefinition, ResourceVersionDefinition } from "../../api/meta/resource-definition.ts";

/** One version of one kind that clients can reach. */
export interface ServedResource {
  readonly definition: ResourceDefinition;
  readonly version: ResourceVersionDefinition;
}

/** The served versions of a group and the resources of each, in the order clients are told. */
export interface ServedGroup {
  readonly name: string;
  readonly versions: readonly { readonly name: string; readonly resources: readonly ServedResource[] }[];
}

/** The verbs of a resource in the order kube-apiserver lists them for a CRD. */
export const allVerbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

/** The verbs a kind answers to. */
export const verbsOf = (definition: ResourceDefinition): readonly string[] =>
  definition.verbs === undefined ? allVerbs : allVerbs.filter((verb) => definition.verbs?.includes(verb));

const versionPattern = /^v(\d+)(?:(alpha|beta)(\d+))?$/;

/** Kubernetes' order of versions: stable before beta before alpha, newer first, anything else last by name. */
export function compareVersions(a: string, b: string): number {
  const [, majorA, stageA, minorA] = versionPattern.exec(a) ?? [];
  const [, majorB, stageB, minorB] = versionPattern.exec(b) ?? [];
  if (majorA === undefined || majorB === undefined) {
    if (majorA !== undefined) return -1;
    if (majorB !== undefined) return 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  const rank = (stage: string | undefined): number => (stage === undefined ? 2 : stage === "beta" ? 1 : 0);
  return (
    rank(stageB) - rank(stageA) ||
    Number(majorB) - Number(majorA) ||
    Number(minorB ?? 0) - Number(minorA ?? 0)
  );
}

/**
 * Arranges definitions by group and version. The versions of a group come in Kubernetes' order. Groups keep the order of the definitions, the core group
 * comes first. A version without resources does not appear.
 */
export function servedGroups(definitions: readonly ResourceDefinition[]): readonly ServedGroup[] {
  const groups = new Map<string, Map<string, ServedResource[]>>();
  for (const definition of definitions) {
    const versions = groups.get(definition.group) ?? new Map<string, ServedResource[]>();
    groups.set(definition.group, versions);
    for (const version of definition.versions.filter(({ served }) => served)) {
      const resources = versions.get(version.name) ?? [];
      versions.set(version.name, resources);
      resources.push({ definition, version });
    }
  }
  return [...groups]
    .map(([name, versions]) => ({
      name,
      versions: [...versions]
        .sort(([a], [b]) => compareVersions(a, b))
        .map(([version, resources]) => ({
          name: version,
          resources: resources.sort((a, b) => (a.definition.plural < b.definition.plural ? -1 : 1)),
        })),
    }))
    .filter((group) => group.versions.length > 0)
    .sort((a, b) => Number(a.name !== "") - Number(b.name !== ""));
}

/**
 * The version objects are stored in, as `group/version/Kind`: what the storage version hash is made of. The core
 * group leaves nothing before its slash.
 */
export function storageIdentity(definition: ResourceDefinition): string {
  const storage = definition.versions.find((version) => version.storage);
  return `${definition.group}/${storage?.name ?? ""}/${definition.kind}`;
}
