import type { Status } from "../../api/errors/status.ts";
import type { ApiResponse } from "../http/api-request.ts";
import { formOf, respondObject, respondStatus } from "../printers/respond.ts";
import type { CachedObject } from "../storage/watchcache/types.ts";
import { deleteObject, uidOf } from "./delete-object.ts";
import { deleteOptions } from "./delete-options.ts";
import type { Scope } from "./scope.ts";

/** DELETE of an object: a Status when it is gone, the object while something holds it. */
export async function handleDelete(scope: Scope): Promise<ApiResponse> {
  const { request, version, deps } = scope;
  const form = formOf(request);
  const options = deleteOptions(version, request);
  const outcome = await deleteObject(scope, options);
  if (outcome.isRemoved) return respondStatus(deletedStatus(scope, outcome.object), form);
  const status = options.orphanDependents === false ? 202 : 200;
  return respondObject(version, outcome.object, { request, form, now: deps.clock.now(), status });
}

function deletedStatus(scope: Scope, object: CachedObject): Status {
  const { group, resource } = scope.version.gvr;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: scope.name,
      ...(group === "" ? {} : { group }),
      kind: resource,
      uid: uidOf(object),
    },
  };
}
