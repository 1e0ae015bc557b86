import { createHash } from "node:crypto";
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import { apiVersionOf } from "../../api/meta/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { ServedGroup, ServedResource } from "./served.ts";
import { storageIdentity, verbsOf } from "./served.ts";

const subresourceVerbs = ["get", "patch", "update"];

/** The first eight bytes of the SHA-256 of `group/version/Kind`: equal wherever the same version is stored. */
export function storageVersionHash(definition: ResourceDefinition): string {
  return createHash("sha256").update(storageIdentity(definition)).digest().subarray(0, 8).toString("base64");
}

const listOf = (name: string, values: readonly string[]): JsonObject =>
  values.length === 0 ? {} : { [name]: [...values] };

function entries({ definition, version }: ServedResource): JsonObject[] {
  const { plural, singular, namespaced, kind } = definition;
  const sub = (name: string, rest: JsonObject): JsonObject => ({
    name: `${plural}/${name}`,
    singularName: "",
    namespaced,
    ...rest,
  });
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs: [...verbsOf(definition)],
      ...listOf("shortNames", definition.shortNames),
      ...listOf("categories", definition.categories),
      ...(definition.review === true ? {} : { storageVersionHash: storageVersionHash(definition) }),
    },
    ...(version.status === true ? [sub("status", { kind, verbs: [...subresourceVerbs] })] : []),
    ...(version.scale === undefined
      ? []
      : [sub("scale", { group: "autoscaling", version: "v1", kind: "Scale", verbs: [...subresourceVerbs] })]),
    ...(definition.connect ?? []).map((connect) =>
      sub(connect.name, { ...foreign(connect.kind, definition, version.name), verbs: [...connect.verbs] }),
    ),
  ];
}

// Group and version are told only where they differ from those of the list.
function foreign(
  gvk: { readonly group: string; readonly version: string; readonly kind: string },
  definition: ResourceDefinition,
  version: string,
): JsonObject {
  if (gvk.group === definition.group && gvk.version === version) return { kind: gvk.kind };
  return { group: gvk.group, version: gvk.version, kind: gvk.kind };
}

/** The APIResourceList of a group and version. */
export const resourceList = (group: string, version: ServedGroup["versions"][number]): JsonObject => ({
  kind: "APIResourceList",
  ...(group === "" ? {} : { apiVersion: "v1" }),
  groupVersion: apiVersionOf({ group, version: version.name }),
  resources: version.resources.flatMap(entries),
});
