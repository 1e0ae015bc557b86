/**
 * The entry of every resource request: finds the kind, checks that URL and verb fit it, and hands over to the file of the
 * verb. What is not a resource of this registry gets the plain-text 404 of an unknown path.
 */
import { badRequest, methodNotSupported, notFound } from "../../api/errors/catalogue.ts";
import { handleConnect } from "../handlers/connect.ts";
import { handleCreate } from "../handlers/create.ts";
import { handleDeleteCollection } from "../handlers/delete-collection.ts";
import { handleDelete } from "../handlers/delete.ts";
import { handleGet } from "../handlers/get.ts";
import { KeyedQueue } from "../handlers/keyed-queue.ts";
import { handleList } from "../handlers/list.ts";
import { isNamespaceKind } from "../handlers/namespace-strategy.ts";
import { handlePatch } from "../handlers/patch.ts";
import { handleReview } from "../handlers/review.ts";
import { handleGetScale, handlePatchScale, handleUpdateScale } from "../handlers/scale.ts";
import type { HandlerDeps, Scope } from "../handlers/scope.ts";
import { handleUpdate } from "../handlers/update.ts";
import type { ApiResponse, Handler } from "../http/api-request.ts";
import { handleWatch } from "../watch/watch.ts";
import type { ServedVersion } from "./served-resource.ts";

/** Answers every request to the kinds of the registry. */
export function createResourceHandler(deps: HandlerDeps): Handler {
  const writers = new KeyedQueue();
  return async (request) => {
    const { info } = request;
    if (!info.isResourceRequest) return pageNotFound();
    const version = deps.registry.find(info.group, info.version, info.resource);
    if (version === undefined) return pageNotFound();
    const pathName = info.parts[1] ?? "";
    // A namespace counts as its own namespace.
    const isItself = isNamespaceKind(version) && info.namespace === pathName;
    const namespace = isItself ? "" : info.namespace;
    if (!fitsScope(version, namespace, pathName, info.verb) || isTooDeep(version, info.parts))
      return pageNotFound();
    if (version.deprecation !== undefined) {
      request.warn(version.deprecation);
      request.annotate("k8s.io/deprecated", "true");
    }
    const { subresource } = info;
    const scope = { deps, writers, request, version, namespace, name: pathName, subresource };
    return await handlerOf(scope)(scope);
  };
}

/** What Go's router answers to a path nobody serves. */
export function pageNotFound(): ApiResponse {
  return {
    status: 404,
    headers: { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" },
    body: "404 page not found\n",
  };
}

/** What follows a subresource counts only for built-in kinds; custom ones ignore it. */
function isTooDeep(version: ServedVersion, parts: readonly string[]): boolean {
  return parts.length > 3 && version.resource.definition.strategicMerge === true;
}

/** Namespaced objects are only listed and watched across namespaces; cluster-scoped ones have no namespace. */
function fitsScope(version: ServedVersion, namespace: string, name: string, verb: string): boolean {
  if (!version.resource.namespaced) return namespace === "";
  if (namespace !== "") return true;
  return name === "" && (verb === "list" || verb === "watch");
}

type Handle = (scope: Scope) => Promise<ApiResponse>;

const byVerb: ReadonlyMap<string, Handle> = new Map([
  ["get", handleGet],
  ["list", handleList],
  ["watch", handleWatch],
  ["create", handleCreate],
  ["update", handleUpdate],
  ["patch", handlePatch],
  ["delete", handleDelete],
  ["deletecollection", handleDeleteCollection],
]);

/** The file of the verb; throws MethodNotAllowed or NotFound where there is none. */
function handlerOf(scope: Scope): Handle {
  const { version, request, subresource } = scope;
  const { verb } = request.info;
  const { definition, gr } = version.resource;
  if (definition.review === true) {
    if (verb === "create" && subresource === "") return handleReview;
    throw methodNotSupported(gr, verb);
  }
  if (subresource !== "") return handlerOfSubresource(scope);
  if (definition.verbs?.includes(verb) === false) throw methodNotSupported(gr, verb);
  const handle = byVerb.get(verb);
  // Methods without a verb have none to name.
  if (handle === undefined) throw methodNotSupported(gr, verb);
  return handle;
}

function handlerOfSubresource(scope: Scope): Handle {
  const { version, request, name, subresource } = scope;
  const { verb } = request.info;
  const { definition, gr } = version.resource;
  if (name === "") throw badRequest("name must be provided");
  if (subresource === "status" && version.definition.status === true) {
    if (verb === "get") return handleGet;
    if (verb === "update") return handleUpdate;
    if (verb === "patch") return handlePatch;
    throw methodNotSupported(gr, verb);
  }
  if (subresource === "scale" && version.scale !== undefined) {
    if (verb === "get") return handleGetScale;
    if (verb === "update") return handleUpdateScale;
    if (verb === "patch") return handlePatchScale;
    throw methodNotSupported(gr, verb);
  }
  if (subresource === "finalize" && isNamespaceKind(version)) {
    if (verb === "update") return handleUpdate;
    throw methodNotSupported(gr, verb);
  }
  if (definition.connect?.some((connect) => connect.name === subresource) === true) {
    return handleConnect;
  }
  throw notFound(gr, name);
}
