/**
 * What a request is about, read from method, path and query alone; the rules are those of kube-apiserver's RequestInfo.
 * Everything after it (authorization, audit, metrics, dispatch) decides by this, so there is one reading of a URL.
 */
import { parseFieldSelector } from "../../machinery/selectors/fields.ts";
import type { Query } from "./query.ts";

/** A request as authorization and the handlers see it. Texts that do not apply are empty. */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  /** The decoded path. */
  readonly path: string;
  /** get, list, watch, create, update, patch, delete, deletecollection; the lower-case method for other paths. */
  readonly verb: string;
  /** `api` or `apis`. */
  readonly apiPrefix: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  /** From the path, or from `fieldSelector=metadata.name=x` of a list or watch. */
  readonly name: string;
  /** Resource, name, subresource and whatever follows, as they stand in the path. */
  readonly parts: readonly string[];
  /** Raw selectors of list, watch and deletecollection, for the authorizer; absent for the old `/watch/` paths. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

/** The path cannot be read: `/watch/` without anything behind it. kube-apiserver answers 500 to it. */
export class RequestInfoError extends Error {
  override readonly name = "RequestInfoError";
}

const noParts: readonly string[] = [];

/** Reads method, decoded path and query; throws RequestInfoError, which names no URL, for a bare `/watch` path. */
export function resolveRequestInfo(method: string, path: string, query: Query): RequestInfo {
  const parts = splitPath(path);
  const prefix = parts[0];
  if (parts.length < 3 || (prefix !== "api" && prefix !== "apis")) return otherRequest(method, path, "");
  const grouped = prefix === "apis";
  if (grouped && parts.length < 4) return otherRequest(method, path, prefix);
  const at = grouped ? 3 : 2;
  const special = specialVerb(parts[at]);
  const viaPath = special !== undefined;
  if (viaPath && parts.length - at < 2) {
    throw new RequestInfoError("unable to determine kind and namespace from url");
  }
  const target = readTarget(parts.slice(viaPath ? at + 1 : at));
  const [resource = "", pathName = "", subresource = ""] = target.parts;
  const { verb, name } = completeVerb(special ?? verbOf(method), pathName, query);
  const info: RequestInfo = {
    isResourceRequest: true,
    path,
    verb,
    apiPrefix: prefix,
    group: grouped ? (parts[1] ?? "") : "",
    version: parts[at - 1] ?? "",
    namespace: target.namespace,
    resource,
    subresource: verb === "proxy" ? "" : subresource,
    name,
    parts: target.parts,
  };
  return viaPath ? info : withSelectors(info, query);
}

/** What follows the version, without the namespace it is in. A namespace itself is in itself. */
function readTarget(parts: readonly string[]): { namespace: string; parts: readonly string[] } {
  if (parts[0] !== "namespaces" || parts.length < 2) return { namespace: "", parts };
  const namespace = parts[1] ?? "";
  const next = parts[2];
  const isOfNamespace = next === undefined || next === "status" || next === "finalize";
  return { namespace, parts: isOfNamespace ? parts : parts.slice(2) };
}

/** Without a name, get means list or watch, and delete means deletecollection. */
function completeVerb(verb: string, name: string, query: Query): { verb: string; name: string } {
  if (name !== "") return { verb, name };
  if (verb === "get") return { verb: query.flag("watch") ? "watch" : "list", name: selectedName(query) };
  return { verb: verb === "delete" ? "deletecollection" : verb, name };
}

/** The old way of asking for a watch: the verb stands where the resource should. */
function specialVerb(part: string | undefined): string | undefined {
  return part === "watch" || part === "proxy" ? part : undefined;
}

function withSelectors(info: RequestInfo, query: Query): RequestInfo {
  if (info.verb !== "list" && info.verb !== "watch" && info.verb !== "deletecollection") return info;
  const fieldSelector = query.get("fieldSelector");
  const labelSelector = query.get("labelSelector");
  if (fieldSelector === undefined && labelSelector === undefined) return info;
  return {
    ...info,
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
  };
}

/** Whether the request is answered by a stream that may last: no deadline, not counted as in flight. */
export function isLongRunning(info: RequestInfo): boolean {
  return info.verb === "watch" || (info.isResourceRequest && info.verb === "proxy");
}

function otherRequest(method: string, path: string, apiPrefix: string): RequestInfo {
  return {
    isResourceRequest: false,
    path,
    verb: method.toLowerCase(),
    apiPrefix,
    group: "",
    version: "",
    namespace: "",
    resource: "",
    subresource: "",
    name: "",
    parts: noParts,
  };
}

function splitPath(path: string): readonly string[] {
  let start = 0;
  let end = path.length;
  while (start < end && path.charCodeAt(start) === 47) start += 1;
  while (end > start && path.charCodeAt(end - 1) === 47) end -= 1;
  return start === end ? noParts : path.slice(start, end).split("/");
}

function verbOf(method: string): string {
  switch (method) {
    case "POST":
      return "create";
    case "GET":
    case "HEAD":
      return "get";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return "delete";
    default:
      return "";
  }
}

/** The name a field selector pins; nothing when any list option is malformed, as kube-apiserver then ignores them all. */
function selectedName(query: Query): string {
  const selector = query.get("fieldSelector");
  if (selector === undefined || selector === "") return "";
  for (const option of ["limit", "timeoutSeconds"]) {
    const text = query.get(option);
    if (text !== undefined && !/^[+-]?[0-9]{1,19}$/.test(text)) return "";
  }
  try {
    const name = parseFieldSelector(selector).exactMatch("metadata.name") ?? "";
    return isPathSegment(name) ? name : "";
  } catch {
    return "";
  }
}

function isPathSegment(name: string): boolean {
  return name !== "." && name !== ".." && !name.includes("/") && !name.includes("%");
}
