/** `/admission/guard`: the guard as a validating webhook over provider resources and what Hawsepipe renders. */
import type { ReviewRequest } from "../../api/admission/review.ts";
import { reviewUser, readReview } from "../review/decode.ts";
import type { Reviewer } from "../review/respond.ts";
import { allow, deny, Remarks } from "../review/respond.ts";
import type { Guard, GuardQuestion } from "./guard.ts";

/** A reviewer for a validating webhook. */
export function guardReviewer(guard: Guard): Reviewer {
  return async (body) => {
    const request = readReview(body);
    if ("badRequest" in request) return request;
    const remarks = new Remarks();
    const question = questionOf(request);
    try {
      if (question !== undefined) await guard.check(question, remarks);
    } catch (error) {
      return deny(request, remarks, error);
    }
    return allow(request, remarks);
  };
}

/** Nothing is written by a CONNECT. */
function questionOf(request: ReviewRequest): GuardQuestion | undefined {
  const { operation, object, oldObject } = request;
  if (operation === "CONNECT") return undefined;
  return {
    operation,
    resource: request.resource,
    subresource: request.subResource ?? "",
    namespace: request.namespace ?? "",
    name: request.name ?? "",
    user: reviewUser(request),
    ...(object === undefined || object === null ? {} : { object }),
    ...(oldObject === undefined || oldObject === null ? {} : { oldObject }),
  };
}
