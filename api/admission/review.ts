/**
 * AdmissionReview of admission.k8s.io/v1 as it travels: shared by the side that calls webhooks and the side that answers
 * them. Only the shape; encoding, decoding and meaning belong to those sides.
 */
import type { JsonObject } from "../../machinery/json/value.ts";
import type { GroupVersionKind, GroupVersionResource } from "../meta/types.ts";

export const admissionApiVersion = "admission.k8s.io/v1";
export const admissionReviewKind = "AdmissionReview";

export type ReviewOperation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

/** Who makes the request, as reviews spell it. */
export interface ReviewUserInfo {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What is asked. `kind`, `resource` are in the version the webhook registered for, `request…` in that of the client. */
export interface ReviewRequest {
  readonly uid: string;
  readonly kind: GroupVersionKind;
  readonly resource: GroupVersionResource;
  readonly subResource?: string;
  readonly requestKind?: GroupVersionKind;
  readonly requestResource?: GroupVersionResource;
  readonly requestSubResource?: string;
  /** Absent when the server is still to generate it. */
  readonly name?: string;
  readonly namespace?: string;
  readonly operation: ReviewOperation;
  readonly userInfo: ReviewUserInfo;
  /** Null or absent for DELETE. */
  readonly object?: JsonObject | null;
  /** Null or absent for CREATE and CONNECT. */
  readonly oldObject?: JsonObject | null;
  readonly dryRun?: boolean;
  readonly options?: JsonObject | null;
}

/** Why a request is refused; what the client gets is made from it. */
export interface ReviewStatus {
  readonly status?: "Success" | "Failure";
  readonly message?: string;
  readonly reason?: string;
  readonly details?: JsonObject;
  readonly code?: number;
}

export interface ReviewResponse {
  /** That of the request. */
  readonly uid: string;
  readonly allowed: boolean;
  readonly status?: ReviewStatus;
  /** A JSON patch in base64; only together with patchType, and never from a validating webhook. */
  readonly patch?: string;
  readonly patchType?: "JSONPatch";
  readonly warnings?: readonly string[];
  /** Keys without a prefix: kube-apiserver puts the webhook's name in front. */
  readonly auditAnnotations?: Readonly<Record<string, string>>;
}
