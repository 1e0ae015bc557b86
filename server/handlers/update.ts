import { badRequest } from "../../api/errors/catalogue.ts";
import { cloneJson } from "../../machinery/json/value.ts";
import type { ApiResponse } from "../http/api-request.ts";
import { objectMediaType } from "../negotiation/content-type.ts";
import { formOf, respondObject } from "../printers/respond.ts";
import { dedupOwnerReferences } from "./owner-references.ts";
import { matchIdentity, matchNamespace, requireName } from "./identity.ts";
import { readObject } from "./read-object.ts";
import type { Scope } from "./scope.ts";
import { updateObject } from "./update-object.ts";
import { writeOptions } from "./write-options.ts";

/** PUT of an object, of its `/status` or of a namespace's `/finalize`. */
export async function handleUpdate(scope: Scope): Promise<ApiResponse> {
  const { request, version, deps } = scope;
  if (scope.name === "") throw badRequest("name must be provided");
  const form = formOf(request);
  const options = writeOptions(request, "UpdateOptions");
  const mediaType = objectMediaType(request.header("content-type"));
  const object = readObject(version, request, { mediaType, mode: options.fieldValidation });
  matchNamespace(scope, object);
  requireName(scope, object);
  matchIdentity(scope, object);
  dedupOwnerReferences(object, "sent", (text) => {
    request.warn(text);
  });
  const outcome = await updateObject(scope, { options, checksUid: true, next: () => cloneJson(object) });
  return respondObject(version, outcome.object, { request, form, now: deps.clock.now() });
}
