import type { ResourceRef } from "./client.ts";

/** The path of a resource's collection or of one object, with query parameters that are undefined left out. */
export function resourcePath(
  resource: ResourceRef,
  at: { readonly namespace?: string; readonly name?: string; readonly subresource?: string },
  query: Readonly<Record<string, string | number | boolean | undefined>> = {},
): string {
  const prefix =
    resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const namespace =
    resource.namespaced && at.namespace !== undefined && at.namespace !== ""
      ? `/namespaces/${encodeURIComponent(at.namespace)}`
      : "";
  const name = at.name === undefined ? "" : `/${encodeURIComponent(at.name)}`;
  const subresource = at.subresource === undefined ? "" : `/${at.subresource}`;
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(key, String(value));
  }
  const search = parameters.toString();
  return `${prefix}${namespace}/${resource.resource}${name}${subresource}${search === "" ? "" : `?${search}`}`;
}

/** Whether a call is about a lease. Losing one because other calls wait would stop the work those calls are for. */
export const isLease = (path: string): boolean => path.startsWith("/apis/coordination.k8s.io/");
