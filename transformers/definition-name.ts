import { parseApiVersion } from "../api/meta/types.ts";
import type { Transformer } from "./transformer.ts";

/** The CustomResourceDefinition the provider's own kind comes from; undefined where it is a kind of the cluster's. */
export function definitionName({ resource, apiVersions }: Transformer): string | undefined {
  const { group } = parseApiVersion(apiVersions[0] ?? "");
  return resource === undefined ? undefined : `${resource}.${group}`;
}
