import type { FieldErrorType } from "../../machinery/field/error.ts";

/** The reasons of a failed Status; the empty string is a failure without a reason (untyped errors of kube-apiserver). */
export type StatusReason =
  | ""
  | "BadRequest"
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "AlreadyExists"
  | "Conflict"
  | "Expired"
  | "Gone"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "Invalid"
  | "TooManyRequests"
  | "InternalError"
  | "ServerTimeout"
  | "ServiceUnavailable"
  | "Timeout";

export interface StatusCause {
  readonly reason?: FieldErrorType | (string & {});
  readonly message?: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export interface ApiErrorInit {
  readonly code: number;
  readonly reason: StatusReason;
  readonly message: string;
  readonly details?: StatusDetails;
  /** `metadata.continue` of the Status: the token an expired list may go on with. */
  readonly continueToken?: string;
  readonly isUnauthorizedRequest?: boolean;
  readonly cause?: unknown;
}

/**
 * A failure a client may see. Made only by the factories of `catalogue.ts`; turned into a Status in one place,
 * `status.ts`. Other thrown things become a generic InternalError there.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: number;
  readonly reason: StatusReason;
  readonly details: StatusDetails | undefined;
  readonly continueToken: string | undefined;
  /** Whether an authorizer refused; kube-apiserver tells browsers not to guess at such an answer. */
  readonly isUnauthorizedRequest: boolean;

  constructor(init: ApiErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.reason = init.reason;
    this.details = init.details;
    this.continueToken = init.continueToken;
    this.isUnauthorizedRequest = init.isUnauthorizedRequest ?? false;
  }
}

/** Whether the thrown thing is an ApiError, optionally of one reason. */
export function isApiError(error: unknown, reason?: StatusReason): error is ApiError {
  return error instanceof ApiError && (reason === undefined || error.reason === reason);
}
