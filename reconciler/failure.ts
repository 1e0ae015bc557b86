import type { ApiError } from "../api/errors/api-error.ts";
import { isApiError } from "../api/errors/api-error.ts";
import { isTypeRefusal } from "../admission/typed-patch-errors.ts";

/**
 * What to do about a refusal. `invalid`: the same again would be refused again, so wait for a change. `conflict`: what
 * was read is out of date, so at once. `unavailable`: it may pass, so with growing delays.
 */
export type FailureClass = "invalid" | "conflict" | "unavailable";

export function classify(error: unknown): FailureClass {
  if (!isApiError(error)) return "unavailable";
  if (isTypeRefusal(error)) return "invalid";
  switch (error.reason) {
    case "Invalid":
    case "BadRequest":
    case "RequestEntityTooLarge":
    case "UnsupportedMediaType":
    case "MethodNotAllowed":
      return "invalid";
    case "Conflict":
    case "AlreadyExists":
      return "conflict";
    default:
      return "unavailable";
  }
}

/** 404 for an object or a whole kind: either way there is nothing to delete or to update. */
export const isAbsent = (error: unknown): boolean => isApiError(error) && error.code === 404;

/** The path itself is not served: the kind went away. */
export const isKindGone = (error: unknown): error is ApiError =>
  isApiError(error) && error.code === 404 && (error.details?.name ?? "") === "";

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
