import type { ApiError, StatusDetails, StatusReason } from "./api-error.ts";
import { isApiError } from "./api-error.ts";
import { internalError } from "./catalogue.ts";

/** A Status object; the declaration order of the keys is their order on the wire. */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: { readonly continue?: string };
  readonly status: "Success" | "Failure";
  readonly message?: string;
  readonly reason?: StatusReason;
  readonly details?: StatusDetails;
  readonly code?: number;
}

/**
 * The only place where a thrown thing becomes a Status. What is not an ApiError becomes an InternalError whose
 * message does not repeat the cause; the caller logs the cause with the audit id.
 */
export function toStatus(thrown: unknown): Status & { readonly code: number } {
  const error: ApiError = isApiError(thrown)
    ? thrown
    : internalError("the server could not complete the request", thrown);
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: error.continueToken === undefined ? {} : { continue: error.continueToken },
    status: "Failure",
    message: error.message,
    ...(error.reason === "" ? {} : { reason: error.reason }),
    ...(error.details === undefined ? {} : { details: error.details }),
    code: error.code,
  };
}
