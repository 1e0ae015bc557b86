import { methodNotSupported } from "../../api/errors/catalogue.ts";
import { groupResource } from "../../api/meta/types.ts";
import type { ApiResponse } from "../http/api-request.ts";
import { readObject } from "../printers/read-object.ts";
import { translateStorageError } from "../storage/translate.ts";
import type { Scope } from "./scope.ts";
import { missing } from "./scope.ts";

/** A subresource the composer answers, on an object that must exist. */
export async function handleConnect(scope: Scope): Promise<ApiResponse> {
  const { request, version, deps, namespace, name, subresource } = scope;
  const { cache, gr } = version.resource;
  const declared = version.resource.definition.connect?.find((connect) => connect.name === subresource);
  const { verb } = request.info;
  const connector = deps.connectors?.get(`${groupResource(gr)}/${subresource}`);
  const isOffered = (verb === "get" || verb === "create") && declared?.verbs.includes(verb) === true;
  if (!isOffered || connector === undefined) throw methodNotSupported(gr, verb);
  try {
    await cache.current();
  } catch (error) {
    throw translateStorageError(error, gr, name);
  }
  const cached = cache.get(namespace, name);
  if (cached === undefined) throw missing(scope);
  return connector({ request, version, namespace, name, object: readObject(version, cached), cached });
}
