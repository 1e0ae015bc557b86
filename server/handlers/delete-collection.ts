import { isApiError } from "../../api/errors/api-error.ts";
import type { ApiResponse } from "../http/api-request.ts";
import { formOf, respondList } from "../printers/respond.ts";
import { deleteObject } from "./delete-object.ts";
import { deleteOptions } from "./delete-options.ts";
import { listOptions } from "./list-options.ts";
import { listPage } from "./list.ts";
import type { Scope } from "./scope.ts";

/** Deletions that run side by side. */
const workers = 16;

/** DELETE of a collection: every selected object as if deleted by itself; answers them as they were before. */
export async function handleDeleteCollection(scope: Scope): Promise<ApiResponse> {
  const { request, version, deps } = scope;
  const form = formOf(request);
  const selection = listOptions(version, request.query, false).select();
  const options = deleteOptions(version, request);
  const selected = await listPage(scope, selection);
  const waiting = [...selected.items];
  const work = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      try {
        await deleteObject({ ...scope, namespace: item.namespace, name: item.name }, options);
      } catch (error) {
        // Somebody else was faster; the object is gone, which is what was asked for.
        if (!isApiError(error, "NotFound")) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, waiting.length) }, work));
  return respondList(version, selected.items, selected.meta, { request, form, now: deps.clock.now() });
}
