import { isApiError } from "../../api/errors/api-error.ts";
import type { ApiResponse } from "../http/api-request.ts";
import { formOf, respondList } from "../printers/respond.ts";
import { deleteObject } from "./delete-object.ts";
import { deleteOptions } from "./delete-options.ts";
import type { ListOptions } from "./list-options.ts";
import { listOptions } from "./list-options.ts";
import { listPage } from "./list.ts";
import type { Scope } from "./scope.ts";

/** DELETE of a collection: one selected object after the other as if deleted by itself; answers them as they were before. */
export async function handleDeleteCollection(scope: Scope): Promise<ApiResponse> {
  const { request, version, deps } = scope;
  const form = formOf(request);
  const selection = listOptions(version, request.query, false).select();
  const options = deleteOptions(version, request);
  const selected = await listPage(scope, asOfRevision(selection));
  // In the order of the list, and no further than the first that may not go.
  for (const { namespace, name } of selected.items) {
    try {
      // As one of many it has no name for admission.
      await deleteObject({ ...scope, namespace, name }, options, "");
    } catch (error) {
      // Somebody else was faster; the object is gone, which is what was asked for.
      if (!isApiError(error, "NotFound")) throw error;
    }
  }
  return respondList(version, selected.items, selected.meta, { request, form, now: deps.clock.now() });
}

/** kube-apiserver deletes page by page, and a page at a revision is one of exactly that moment. */
function asOfRevision(options: ListOptions): ListOptions {
  const { resourceVersion, resourceVersionMatch, continue: token } = options;
  const isAtRevision = resourceVersion !== "" && resourceVersion !== "0" && token === "";
  return isAtRevision && resourceVersionMatch === ""
    ? { ...options, resourceVersionMatch: "Exact" }
    : options;
}
