import { ApiError } from "../../api/errors/api-error.ts";
import { goQuote } from "../../machinery/json/quote.ts";
import { forbidden, forbiddenPath } from "../../api/errors/catalogue.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";

/** An error must not look like HTML to a browser that ignores the content type. */
export const sanitize = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** The answer to a request that may not be made at all. */
export function refusedRequest(a: AuthorizationAttributes, reason = ""): ApiError {
  const { code, reason: why, message, details } = forbiddenRequest(a, reason);
  return new ApiError({
    code,
    reason: why,
    message,
    ...(details === undefined ? {} : { details }),
    isUnauthorizedRequest: true,
  });
}

/** The 403 for what was not allowed; the authorizer's reason is appended when there is one. */
export function forbiddenRequest(a: AuthorizationAttributes, reason = ""): ApiError {
  const because = reason === "" ? "" : `: ${reason}`;
  if (!a.isResourceRequest) {
    // Quoting escapes nothing that sanitizing makes, so the order of the two does not matter.
    return forbiddenPath(sanitize(a.user.name), a.verb, sanitize(a.path), because);
  }
  const resource = a.subresource === "" ? a.resource : `${a.resource}/${a.subresource}`;
  const where = a.namespace === "" ? "at the cluster scope" : `in the namespace ${goQuote(a.namespace)}`;
  const why = sanitize(
    `User ${goQuote(a.user.name)} cannot ${a.verb} resource ${goQuote(resource)} in API group ${goQuote(a.group)} ${where}`,
  );
  return forbidden({ group: a.group, resource: a.resource }, a.name, `${why}${because}`);
}
