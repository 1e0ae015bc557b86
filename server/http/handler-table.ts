/** Where requests go: resource requests to one handler, every other path to the handler registered for it. */
import type { Handler } from "./api-request.ts";
import type { RequestInfo } from "./request-info.ts";

/** Finds the handler of a request; undefined is answered with the 404 of an unknown path. */
export type HandlerTable = (info: RequestInfo, path: string) => Handler | undefined;

export interface HandlerTableInit {
  readonly resources?: Handler;
  /** By exact path, without a slash at the end. */
  readonly paths?: ReadonlyMap<string, Handler>;
  /** By beginning of the path, such as `/openapi/v3/`; the longest one wins, an exact path wins over all. */
  readonly prefixes?: ReadonlyMap<string, Handler>;
}

/** A table of fixed handlers. */
export function createHandlerTable(init: HandlerTableInit): HandlerTable {
  const paths = init.paths ?? new Map<string, Handler>();
  const prefixes = init.prefixes ?? new Map<string, Handler>();
  return (info, path) => {
    if (info.isResourceRequest) return init.resources;
    const exact =
      paths.get(path) ?? (path.length > 1 && path.endsWith("/") ? paths.get(path.slice(0, -1)) : undefined);
    return exact ?? longest(prefixes, path);
  };
}

/** Handlers may be added later, so the order is found anew. */
function longest(prefixes: ReadonlyMap<string, Handler>, path: string): Handler | undefined {
  let best = "";
  for (const prefix of prefixes.keys()) {
    if (prefix.length > best.length && path.startsWith(prefix)) best = prefix;
  }
  return prefixes.get(best);
}
