import { badRequest } from "../../api/errors/catalogue.ts";
import type { Query } from "../http/query.ts";
import type { ApiResponse } from "../http/api-request.ts";
import { formOf, respondObject } from "../printers/respond.ts";
import { translateStorageError } from "../storage/translate.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import { requestedVersion } from "./resource-version.ts";
import type { Scope } from "./scope.ts";
import { missing } from "./scope.ts";

/** GET of an object or of its `/status`. */
export async function handleGet(scope: Scope): Promise<ApiResponse> {
  const { request, version, deps } = scope;
  const form = formOf(request);
  refuseExport(request.query);
  const object = await freshObject(scope);
  return respondObject(version, object, { request, form, now: deps.clock.now() });
}

/** Throws BadRequest for a parameter that was removed long ago, and is the only one kube-apiserver remembers. */
export function refuseExport(query: Query): void {
  if (query.flag("export"))
    throw badRequest("the export parameter, deprecated since v1.14, is no longer supported");
}

/** The object as fresh as the request wants it: linearizable, at least a revision, or whatever is at hand. */
export async function freshObject(scope: Scope): Promise<CachedObject> {
  const { cache, gr } = scope.version.resource;
  const wanted = scope.request.info.verb === "get" ? (scope.request.query.get("resourceVersion") ?? "") : "";
  const revision = wanted === "" ? 0 : requestedVersion(wanted);
  try {
    if (wanted === "") await cache.current(scope.namespace, scope.name);
    else if (revision > 0) await cache.waitFor(revision);
    const object = cache.get(scope.namespace, scope.name);
    if (object !== undefined) return object;
    // Only a store that answers may say that something does not exist.
    if (wanted !== "") await cache.current(scope.namespace, scope.name);
  } catch (error) {
    throw translateStorageError(error, gr, scope.name);
  }
  throw missing(scope);
}
