import type { ApiResponse } from "../http/api-request.ts";
import { objectMediaType } from "../negotiation/content-type.ts";
import { formOf, respondObject } from "../printers/respond.ts";
import { createObject } from "./create-object.ts";
import { decodeBody } from "./decode-body.ts";
import { reportStrict } from "./field-validation.ts";
import { matchNamespace } from "./identity.ts";
import type { Scope } from "./scope.ts";
import { writeOptions } from "./write-options.ts";

/** POST of a collection. */
export async function handleCreate(scope: Scope): Promise<ApiResponse> {
  const { request, version, deps } = scope;
  const form = formOf(request);
  const mediaType = objectMediaType(request.header("content-type"));
  const options = writeOptions(request, "CreateOptions");
  const { object, strict } = decodeBody(
    version,
    request.body,
    mediaType,
    options.fieldValidation === "Ignore",
  );
  reportStrict(version, request, strict, options.fieldValidation);
  // A POST to the path of an object creates what the body names, as kube-apiserver does.
  matchNamespace(scope, object);
  const created = await createObject(scope, { options, object, hasManagedFields: false });
  return respondObject(version, created, { request, form, now: deps.clock.now(), status: 201 });
}
