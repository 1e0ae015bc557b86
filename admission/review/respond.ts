/** Writes the answer to an AdmissionReview. */
import type { ReviewRequest, ReviewResponse } from "../../api/admission/review.ts";
import { admissionApiVersion, admissionReviewKind } from "../../api/admission/review.ts";
import { isApiError } from "../../api/errors/api-error.ts";
import { toStatus } from "../../api/errors/status.ts";
import { encodeJson } from "../../machinery/json/encode.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import type { JsonPatchOperation } from "../../machinery/patch/json-patch.ts";

/** A whole review to be sent back. */
export interface AnsweredReview {
  readonly apiVersion: typeof admissionApiVersion;
  readonly kind: typeof admissionReviewKind;
  readonly response: ReviewResponse;
}

/** What is to be sent back: a review, or a message saying why the body is no review at all (a bad request). */
export type ReviewAnswer = { readonly review: AnsweredReview } | { readonly badRequest: string };

/** What a reviewer may know of the call that brings a review. */
export interface ReviewCall {
  /** Ends when the caller is gone or the time is up. Made when it is read for the first time. */
  readonly signal: AbortSignal;
}

/** Answers one body. Rejects when the review cannot be decided: the caller's failure policy is to apply. */
export type Reviewer = (body: JsonValue, call: ReviewCall) => Promise<ReviewAnswer>;

/** Collects what plugins say beside yes and no. */
export class Remarks {
  readonly #warnings = new Set<string>();
  readonly #annotations = new Map<string, string>();

  readonly warn = (text: string): void => {
    this.#warnings.add(text);
  };

  /**
   * kube-apiserver puts the webhook's name and a slash before the key, and drops keys with two slashes. What takes work
   * is left out: it does not say whether it writes annotations down.
   */
  readonly annotate = (key: string, value: string | (() => string)): void => {
    if (typeof value === "string") this.#annotations.set(key.slice(key.lastIndexOf("/") + 1), value);
  };

  /** The part of a response that says it. */
  get response(): Pick<ReviewResponse, "warnings" | "auditAnnotations"> {
    return {
      ...(this.#warnings.size === 0 ? {} : { warnings: [...this.#warnings] }),
      ...(this.#annotations.size === 0 ? {} : { auditAnnotations: Object.fromEntries(this.#annotations) }),
    };
  }
}

/** Yes, with the changes where there are any. */
export function allow(
  { uid }: ReviewRequest,
  remarks: Remarks,
  patch: readonly JsonPatchOperation[] = [],
): ReviewAnswer {
  const changes =
    patch.length === 0
      ? {}
      : {
          patch: Buffer.from(encodeJson(patch as unknown as JsonValue)).toString("base64"),
          patchType: "JSONPatch" as const,
        };
  return answer({ uid, allowed: true, ...changes, ...remarks.response });
}

/**
 * No, in the words of the ApiError. Anything else that was thrown is a failure of this server, not a judgement on the
 * object: it is thrown on, and the failure policy of the webhook decides.
 */
export function deny({ uid }: ReviewRequest, remarks: Remarks, thrown: unknown): ReviewAnswer {
  if (!isApiError(thrown)) throw thrown;
  const { code, message, reason, details } = toStatus(thrown);
  return answer({
    uid,
    allowed: false,
    status: {
      status: "Failure",
      code,
      ...(message === undefined ? {} : { message }),
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined
        ? {}
        : { details: details as NonNullable<ReviewResponse["status"]>["details"] & object }),
    },
    ...remarks.response,
  });
}

const answer = (response: ReviewResponse): ReviewAnswer => ({
  review: { apiVersion: admissionApiVersion, kind: admissionReviewKind, response },
});
