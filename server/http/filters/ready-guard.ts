/** Before every route and cache is in place, an unknown object must not look like one that is gone. */
import { serviceUnavailable } from "../../../api/errors/catalogue.ts";
import type { RequestInfo } from "../request-info.ts";

/** Throws ServiceUnavailable for API paths while the server is not ready; health and metrics stay reachable. */
export function guardUntilReady(info: RequestInfo, isReady: boolean): void {
  if (isReady) return;
  if (!info.isResourceRequest && !isApiPath(info.path)) return;
  throw serviceUnavailable(
    "the request has been made before all known HTTP paths have been installed, please try again",
  );
}

function isApiPath(path: string): boolean {
  return ["/api", "/apis", "/openapi"].some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}
