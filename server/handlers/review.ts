import { methodNotSupported } from "../../api/errors/catalogue.ts";
import { invalid } from "../../api/errors/catalogue.ts";
import { groupResource } from "../../api/meta/types.ts";
import type { ApiResponse } from "../http/api-request.ts";
import { looseObject } from "../printers/loose-object.ts";
import { bodyMediaType } from "../negotiation/content-type.ts";
import { formOf, respondObject } from "../printers/respond.ts";
import { matchIdentity } from "./identity.ts";
import { metaText } from "./object-metadata.ts";
import { readObject } from "./read-object.ts";
import type { Scope } from "./scope.ts";
import { validateType } from "./validate.ts";
import { writeOptions } from "./write-options.ts";

/** POST of a kind that is a question: the answer is the object with its status, nothing is stored. */
export async function handleReview(scope: Scope): Promise<ApiResponse> {
  const { request, version, deps, namespace } = scope;
  const review = deps.reviews?.get(groupResource(version.gvr));
  if (review === undefined) throw methodNotSupported(version.resource.gr, "create");
  const form = formOf(request);
  const mediaType = bodyMediaType(request.header("content-type"));
  const options = writeOptions(request, "CreateOptions");
  const object = readObject(version, request, { mediaType, mode: options.fieldValidation });
  matchIdentity(scope, object);
  validateType(version, object);
  const errors = version.validator.validate(object);
  if (errors.length > 0) throw invalid(version.resource.gk, metaText(object, "name"), errors);
  const answer = await review(object, { request, version, namespace });
  return respondObject(version, looseObject(answer), { request, form, now: deps.clock.now(), status: 201 });
}
