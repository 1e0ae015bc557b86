import type { ApiResponse } from "../http/api-request.ts";
import { objectMediaType } from "../negotiation/content-type.ts";
import { formOf, respondObject } from "../printers/respond.ts";
import { createObject } from "./create-object.ts";
import { matchNamespace } from "./identity.ts";
import { readObject } from "./read-object.ts";
import type { Scope } from "./scope.ts";
import { writeOptions } from "./write-options.ts";

/** POST of a collection. */
export async function handleCreate(scope: Scope): Promise<ApiResponse> {
  const { request, version, deps } = scope;
  const form = formOf(request);
  const mediaType = objectMediaType(request.header("content-type"));
  const options = writeOptions(request, "CreateOptions");
  const object = readObject(version, request, { mediaType, mode: options.fieldValidation });
  // A POST to the path of an object creates what the body names, as kube-apiserver does.
  matchNamespace(scope, object);
  const created = await createObject(scope, { options, object, hasManagedFields: false });
  return respondObject(version, created, { request, form, now: deps.clock.now(), status: 201 });
}
