/** The objects a policy takes parameters from, read when they are needed: policies with parameters are few, writes too. */
import { isApiError } from "../../../api/errors/api-error.ts";
import { asJson, parseApiVersion } from "../../../api/meta/types.ts";
import type { Client, ResourceRef } from "../../../cluster/client.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import type { ParamKind, ParamRef } from "./policy.ts";

/** Parameters for a write in a namespace (empty for none). Throws what makes them impossible to have. */
export type ParamSource = (
  kind: ParamKind,
  ref: ParamRef,
  namespace: string,
) => Promise<readonly JsonObject[]>;

/** Reads parameters with the rights of this server. */
export function createParamSource(client: Client): ParamSource {
  return async (kind, ref, namespace) => {
    const resource = await client.resolve(kind.apiVersion, kind.kind);
    if (resource === undefined) {
      const { group, version } = parseApiVersion(kind.apiVersion);
      throw new Error(
        `failed to find resource referenced by paramKind: '${group}/${version}, Kind=${kind.kind}'`,
      );
    }
    const params = await read(client, resource, { ref, namespace: namespaceOf(resource, ref, namespace) });
    if (params.length === 0 && ref.notFoundAction === "Deny") {
      throw new Error("no params found for policy binding with `Deny` parameterNotFoundAction");
    }
    return params;
  };
}

function namespaceOf(resource: ResourceRef, ref: ParamRef, namespace: string): string {
  if (!resource.namespaced) {
    if (ref.namespace === "") return "";
    throw new Error("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
  }
  if (ref.namespace !== "") return ref.namespace;
  if (namespace !== "") return namespace;
  throw new Error("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources");
}

async function read(
  client: Client,
  resource: ResourceRef,
  { ref, namespace }: { readonly ref: ParamRef; readonly namespace: string },
): Promise<readonly JsonObject[]> {
  const within = namespace === "" ? {} : { namespace };
  if (ref.name !== "") {
    try {
      return [asJson(await client.get(resource, { ...within, name: ref.name }))];
    } catch (error) {
      if (isApiError(error, "NotFound")) return [];
      throw error;
    }
  }
  if (ref.selector === undefined) throw new Error("one of name or selector must be provided");
  if (ref.selector instanceof Error) throw ref.selector;
  const { items } = await client.list(resource, { ...within, labelSelector: ref.selector.toString() });
  const { group, version, kind } = resource;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  // Items of a list need not say what they are.
  return items.map((item) => ({ ...asJson(item), apiVersion, kind }));
}
