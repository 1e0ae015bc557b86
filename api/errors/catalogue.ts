import { goQuote } from "../../machinery/json/quote.ts";
import type { FieldError } from "../../machinery/field/error.ts";
import { printFieldError } from "../../machinery/field/error.ts";
import { groupResource } from "../meta/types.ts";
import type { StatusCause, StatusDetails } from "./api-error.ts";
import { ApiError } from "./api-error.ts";

/** Group and plural resource name, as messages and details use them. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}
export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

const detailsOf = (gr: GroupResource, name: string): StatusDetails => ({
  ...(name === "" ? {} : { name }),
  ...(gr.group === "" ? {} : { group: gr.group }),
  kind: gr.resource,
});

export const badRequest = (message: string, cause?: unknown): ApiError =>
  new ApiError({ code: 400, reason: "BadRequest", message, cause });

export const unauthorized = (): ApiError =>
  new ApiError({ code: 401, reason: "Unauthorized", message: "Unauthorized" });

/** `why` follows the colon: `<resource> "<name>" is forbidden: <why>`. */
export const forbidden = (
  gr: GroupResource,
  name: string,
  why: string,
  causes?: readonly StatusCause[],
): ApiError =>
  new ApiError({
    code: 403,
    reason: "Forbidden",
    message: `${groupResource(gr)}${name === "" ? "" : ` ${goQuote(name)}`} is forbidden: ${why}`,
    details: { ...detailsOf(gr, name), ...(causes === undefined ? {} : { causes }) },
  });

/** `because` is appended as it is. */
export const forbiddenPath = (user: string, verb: string, path: string, because = ""): ApiError =>
  new ApiError({
    code: 403,
    reason: "Forbidden",
    message: `forbidden: User ${goQuote(user)} cannot ${verb} path ${goQuote(path)}${because}`,
    details: {},
  });

export const notFound = (gr: GroupResource, name: string): ApiError =>
  new ApiError({
    code: 404,
    reason: "NotFound",
    message: `${groupResource(gr)} ${goQuote(name)} not found`,
    details: detailsOf(gr, name),
  });

export const methodNotSupported = (gr: GroupResource, verb: string): ApiError =>
  new ApiError({
    code: 405,
    reason: "MethodNotAllowed",
    message: `${verb} is not supported on resources of kind ${goQuote(groupResource(gr))}`,
    details: detailsOf(gr, ""),
  });

export const notAcceptable = (accepted: readonly string[]): ApiError =>
  new ApiError({
    code: 406,
    reason: "NotAcceptable",
    message: `only the following media types are accepted: ${accepted.join(", ")}`,
  });

/** A 406 with a message of its own, for a form the object does not have. */
export const notAcceptableForm = (message: string): ApiError =>
  new ApiError({ code: 406, reason: "NotAcceptable", message });

export const alreadyExists = (gr: GroupResource, name: string, isTerminating = false): ApiError =>
  new ApiError({
    code: 409,
    reason: "AlreadyExists",
    message: `${isTerminating ? "object is being deleted: " : ""}${groupResource(gr)} ${goQuote(name)} already exists`,
    details: detailsOf(gr, name),
  });

export const generateNameExhausted = (gr: GroupResource, name: string): ApiError =>
  new ApiError({
    code: 409,
    reason: "AlreadyExists",
    message: `${groupResource(gr)} ${goQuote(name)} already exists, the server was not able to generate a unique name for the object`,
    details: { ...detailsOf(gr, name), retryAfterSeconds: 1 },
  });

export const objectModified =
  "the object has been modified; please apply your changes to the latest version and try again";

/** `why` follows the colon; without it the text for a stale resourceVersion. */
export const conflict = (gr: GroupResource, name: string, why: string = objectModified): ApiError =>
  new ApiError({
    code: 409,
    reason: "Conflict",
    message: `Operation cannot be fulfilled on ${groupResource(gr)} ${goQuote(name)}: ${why}`,
    details: detailsOf(gr, name),
  });

/** A Conflict with a message and details of its own (apply conflicts, failed preconditions). */
export const conflictWith = (message: string, details?: StatusDetails): ApiError =>
  new ApiError({ code: 409, reason: "Conflict", message, ...(details === undefined ? {} : { details }) });

export const expired = (message: string, continueToken?: string): ApiError =>
  new ApiError({
    code: 410,
    reason: "Expired",
    message,
    ...(continueToken === undefined ? {} : { continueToken }),
  });

export const requestEntityTooLarge = (why: string): ApiError =>
  new ApiError({ code: 413, reason: "RequestEntityTooLarge", message: `Request entity too large: ${why}` });

export const unsupportedMediaType = (accepted: readonly string[]): ApiError =>
  new ApiError({
    code: 415,
    reason: "UnsupportedMediaType",
    message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  });

/** One error is printed bare, several in brackets without repeats; the causes keep repeats. */
export function invalid(gk: GroupKind, name: string, errors: readonly FieldError[]): ApiError {
  const texts = [...new Set(errors.map(printFieldError))];
  const title = gk.group === "" ? gk.kind : `${gk.kind}.${gk.group}`;
  return new ApiError({
    code: 422,
    reason: "Invalid",
    message: `${title} ${goQuote(name)} is invalid: ${texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`}`,
    details: {
      ...(name === "" ? {} : { name }),
      ...(gk.group === "" ? {} : { group: gk.group }),
      ...(gk.kind === "" ? {} : { kind: gk.kind }),
      causes: errors.map((e) => ({ reason: e.type, message: e.detail, field: e.path })),
    },
  });
}

/** The 422 that says nothing, for a JSON patch that cannot be applied. */
export const unprocessable = (): ApiError =>
  new ApiError({
    code: 422,
    reason: "Invalid",
    message: "the server rejected our request due to an error in our request",
    details: {},
  });

/** What a path says that is there for reading only. */
export const readOnlyPath = (): ApiError =>
  new ApiError({
    code: 405,
    reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource",
    details: {},
  });

export const internalError = (message: string, cause?: unknown): ApiError =>
  new ApiError({
    code: 500,
    reason: "InternalError",
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
    cause,
  });

/** A 500 without a reason: what kube-apiserver answers where its code returned an untyped error. */
export const untyped = (message: string, cause?: unknown): ApiError =>
  new ApiError({ code: 500, reason: "", message, cause });

export const serviceUnavailable = (message: string, retryAfterSeconds = 1): ApiError =>
  new ApiError({ code: 503, reason: "ServiceUnavailable", message, details: { retryAfterSeconds } });

export const timeout = (message: string, retryAfterSeconds = 0): ApiError =>
  new ApiError({
    code: 504,
    reason: "Timeout",
    message: `Timeout: ${message}`,
    details: retryAfterSeconds === 0 ? {} : { retryAfterSeconds },
  });

export const tooLargeResourceVersion = (requested: number | bigint, current: number): ApiError =>
  new ApiError({
    code: 504,
    reason: "Timeout",
    message: `Timeout: Too large resource version: ${String(requested)}, current: ${String(current)}`,
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
  });
