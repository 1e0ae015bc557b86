import type { GroupVersionKind } from "../../api/meta/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { ServedGroup, ServedResource } from "./served.ts";
import { verbsOf } from "./served.ts";

const subresourceVerbs = ["get", "patch", "update"];

const gvk = ({ group, version, kind }: GroupVersionKind): JsonObject => ({ group, version, kind });

function subresources({ definition, version }: ServedResource): JsonObject[] {
  const own = { group: definition.group, version: version.name, kind: definition.kind };
  const entry = (
    subresource: string,
    responseKind: GroupVersionKind,
    verbs: readonly string[],
  ): JsonObject => ({
    subresource,
    responseKind: gvk(responseKind),
    verbs: [...verbs],
  });
  return [
    ...(version.status === true ? [entry("status", own, subresourceVerbs)] : []),
    ...(version.scale === undefined
      ? []
      : [entry("scale", { group: "autoscaling", version: "v1", kind: "Scale" }, subresourceVerbs)]),
    ...(definition.connect ?? []).map((connect) => entry(connect.name, connect.kind, connect.verbs)),
  ];
}

function resource(served: ServedResource): JsonObject {
  const { definition, version } = served;
  const subs = subresources(served);
  return {
    resource: definition.plural,
    responseKind: gvk({ group: definition.group, version: version.name, kind: definition.kind }),
    scope: definition.namespaced ? "Namespaced" : "Cluster",
    singularResource: definition.singular,
    verbs: [...verbsOf(definition)],
    ...(definition.shortNames.length === 0 ? {} : { shortNames: [...definition.shortNames] }),
    ...(definition.categories.length === 0 ? {} : { categories: [...definition.categories] }),
    ...(subs.length === 0 ? {} : { subresources: subs }),
  };
}

/** The APIGroupDiscoveryList of the groups, in version `v2` or `v2beta1` of its own API. */
export const aggregatedDiscovery = (groups: readonly ServedGroup[], version: string): JsonObject => ({
  kind: "APIGroupDiscoveryList",
  apiVersion: `apidiscovery.k8s.io/${version}`,
  metadata: {},
  items: groups.map((group) => ({
    metadata: group.name === "" ? {} : { name: group.name },
    versions: group.versions.map(({ name, resources }) => ({
      version: name,
      resources: resources.map(resource),
      freshness: "Current",
    })),
  })),
});
