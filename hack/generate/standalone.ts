import path from "node:path";
import { readManifests } from "../../cli/manifests.ts";

/** The file a standalone server has them from: reading YAML takes a good part of the time it has to start. */
export const standaloneManifests = "cli/standalone/generated/manifests.json";

/** As JSON: the providers' own kinds as a standalone server knows them, and the roles of an installation. */
export function standaloneManifestsJson(root: string): string {
  const objectsOf = (place: string): readonly object[] =>
    readManifests([path.join(root, place)]).map(({ object }) => object);
  return JSON.stringify({
    definitions: objectsOf("cluster/standalone/crds"),
    roles: objectsOf("manifests/rbac/cluster-roles.yaml"),
  });
}
