/**
 * Discovery: what groups, versions and resources there are. All documents are made once from a set of definitions and
 * then served as bytes; a changed set means a new Discovery. Knows nothing of sockets or rights.
 */
import { notAcceptable, readOnlyPath } from "../../api/errors/catalogue.ts";
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import { apiVersionOf, isBuiltInGroup } from "../../api/meta/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { ApiRequest, BytesResponse } from "../http/api-request.ts";
import { outputMediaTypes } from "../negotiation/accept.ts";
import type { AcceptClause } from "./accept.ts";
import { admits, parseAccept } from "./accept.ts";
import { aggregatedDiscovery } from "./aggregated.ts";
import { Document, wantsPretty } from "./document.ts";
import { resourceList } from "./resource-list.ts";
import type { ServedGroup } from "./served.ts";
import { servedGroups } from "./served.ts";

export interface DiscoveryOptions {
  /** Further paths for the list at `/`, such as `/healthz`. */
  readonly paths?: readonly string[];
  /** `host:port` told to clients of `/api`. */
  readonly serverAddress?: string;
}

type Request = Pick<ApiRequest, "method" | "path" | "query" | "header">;

const yamlType = "application/yaml";
const aggregatedVersions = ["v2", "v2beta1"];

/** A path with one plain document and, at `/api` and `/apis`, the aggregated one per version. */
interface Endpoint {
  readonly plain: Document;
  /** kube-apiserver looks at the method where it serves kinds of its own, and nowhere else. */
  readonly isReadOnly: boolean;
  readonly aggregated?: ReadonlyMap<string, Document>;
}

export class Discovery {
  /** The groups and versions in the order clients are told. */
  readonly groups: readonly ServedGroup[];
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #root: Document;

  constructor(definitions: readonly ResourceDefinition[], options: DiscoveryOptions = {}) {
    this.groups = servedGroups(definitions);
    const named = this.groups.filter(({ name }) => name !== "");
    const core = this.groups.filter(({ name }) => name === "");
    if (core.length > 0) {
      this.#add("/api", apiVersions(core, options.serverAddress), core);
    }
    this.#add("/apis", groupList(named), named);
    for (const group of this.groups) {
      const base = group.name === "" ? "/api" : `/apis/${group.name}`;
      if (group.name !== "") this.#add(base, { kind: "APIGroup", apiVersion: "v1", ...groupEntry(group) });
      for (const version of group.versions) {
        this.#add(`${base}/${version.name}`, resourceList(group.name, version));
      }
    }
    const paths = new Set([...this.#endpoints.keys(), ...(options.paths ?? [])]);
    this.#root = new Document({ paths: [...paths].sort() });
  }

  /** Whether the path is one of discovery's; a trailing slash does not matter. */
  has(path: string): boolean {
    return path === "/" || this.#endpoints.has(withoutSlash(path));
  }

  /** The answer for a path for which `has` is true; throws a 406 when no form of it is accepted. */
  serve(request: Request): BytesResponse | undefined {
    // The list of paths has one form, whoever asks for it and how.
    if (request.path === "/")
      return { status: 200, headers: { "Content-Type": "application/json" }, body: this.#root.bytes(true) };
    const endpoint = this.#endpoints.get(withoutSlash(request.path));
    if (endpoint === undefined) return undefined;
    if (endpoint.isReadOnly && request.method !== "GET") throw readOnlyPath();
    const form = chooseForm(endpoint, parseAccept(request.header("accept")));
    if (form === undefined) throw notAcceptable(outputMediaTypes);
    const { document, contentType } = form;
    if (contentType === yamlType) {
      return { status: 200, headers: { "Content-Type": contentType }, body: document.yaml() };
    }
    const cached: Record<string, string> =
      form.version === undefined
        ? {}
        : { ETag: `"${document.hash}"`, Vary: "Accept", "Cache-Control": "public" };
    if (cached["ETag"] !== undefined && request.header("if-none-match") === cached["ETag"]) {
      return { status: 304, headers: cached, body: "" };
    }
    return {
      status: 200,
      headers: { "Content-Type": contentType, ...cached },
      body: document.bytes(wantsPretty(request)),
    };
  }

  #add(path: string, plain: JsonObject, aggregate?: readonly ServedGroup[]): void {
    this.#endpoints.set(path, {
      plain: new Document(plain),
      isReadOnly: isOwnPath(path),
      ...(aggregate === undefined
        ? {}
        : {
            aggregated: new Map(
              aggregatedVersions.map((version) => [
                version,
                new Document(aggregatedDiscovery(aggregate, version)),
              ]),
            ),
          }),
    });
  }
}

/** `/api`, what is below it, and the versions of groups that are kube-apiserver's own. */
function isOwnPath(path: string): boolean {
  const [, root, group = "", version] = path.split("/");
  return root === "api" || (version !== undefined && isBuiltInGroup(group));
}

function chooseForm(
  endpoint: Endpoint,
  clauses: readonly AcceptClause[],
): { readonly document: Document; readonly contentType: string; readonly version?: string } | undefined {
  for (const clause of clauses) {
    if (clause.quality <= 0) continue;
    if (!admits(clause, "application/json")) {
      if (!admits(clause, yamlType)) continue;
      return { document: endpoint.plain, contentType: yamlType };
    }
    const as = clause.parameters.get("as");
    if (as === undefined) return { document: endpoint.plain, contentType: "application/json" };
    if (as !== "APIGroupDiscoveryList" || clause.parameters.get("g") !== "apidiscovery.k8s.io") continue;
    const version = clause.parameters.get("v") ?? "";
    const document = endpoint.aggregated?.get(version);
    if (document === undefined) continue;
    const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    return { document, contentType, version };
  }
  return undefined;
}

const withoutSlash = (path: string): string =>
  path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;

const versionEntry = (group: string, version: string): JsonObject => ({
  groupVersion: apiVersionOf({ group, version }),
  version,
});

const groupEntry = (group: ServedGroup): JsonObject => ({
  name: group.name,
  versions: group.versions.map(({ name }) => versionEntry(group.name, name)),
  preferredVersion: versionEntry(group.name, group.versions[0]?.name ?? ""),
});

const groupList = (groups: readonly ServedGroup[]): JsonObject => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: groups.map(groupEntry),
});

const apiVersions = (core: readonly ServedGroup[], serverAddress: string | undefined): JsonObject => ({
  kind: "APIVersions",
  versions: core.flatMap((group) => group.versions.map(({ name }) => name)),
  serverAddressByClientCIDRs: serverAddress === undefined ? [] : [{ clientCIDR: "0.0.0.0/0", serverAddress }],
});
