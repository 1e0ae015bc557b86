import { readFileSync } from "node:fs";
import path from "node:path";
import type { KubeObject } from "../../api/meta/types.ts";
import { getPath, isObject } from "../../machinery/json/value.ts";
import { decodeYaml } from "../../machinery/yaml/decode.ts";
import { repository } from "./standalone.ts";

export interface WorkspaceDefinition extends KubeObject {
  readonly spec: { readonly versions: { name: string; served: boolean; storage: boolean }[] };
}

/**
 * The definition of KAITO's kind as a cluster has it that serves the older version, too: one shape, but for the field of a
 * token, which the older does not have.
 */
export function workspacesInTwoVersions(): WorkspaceDefinition {
  const file = path.join(repository, "cluster/standalone/crds/workspaces.kaito.sh.yaml");
  const definition = decodeYaml(readFileSync(file, "utf8")).value as unknown as WorkspaceDefinition;
  const [newer] = definition.spec.versions;
  if (newer === undefined) throw new Error("no version");
  const older = { ...structuredClone(newer), name: "v1alpha1", storage: false };
  const options = getPath(
    older,
    ...["schema", "openAPIV3Schema", "properties", "inference", "properties", "preset", "properties"],
    ...["presetOptions", "properties"],
  );
  if (!isObject(options) || !Reflect.deleteProperty(options, "modelAccessSecret")) {
    throw new Error("the newer version has no field for a token");
  }
  definition.spec.versions.push(older);
  return definition;
}
