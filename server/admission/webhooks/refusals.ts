/** The errors webhooks make, worded as kube-apiserver words them. */
import type { StatusReason } from "../../../api/errors/api-error.ts";
import { ApiError } from "../../../api/errors/api-error.ts";
import { badRequest, forbidden, internalError } from "../../../api/errors/catalogue.ts";
import type { JsonObject, JsonValue } from "../../../machinery/json/value.ts";
import { getKey, isObject } from "../../../machinery/json/value.ts";
import type { AdmissionAttributes } from "../plugin.ts";

/** The call of a webhook failed: no answer, or one that is none. The failure policy decides what comes of it. */
export class CallFailure extends Error {
  override readonly name = "CallFailure";

  constructor(webhook: string, why: string, cause?: unknown) {
    super(
      `failed calling webhook ${JSON.stringify(webhook)}: ${why}`,
      cause === undefined ? undefined : { cause },
    );
  }
}

/** A failed call where the policy is Fail. */
export const callFailed = (failure: CallFailure): ApiError => internalError(failure.message, failure);

/** The webhook said no; its Status keeps code, reason and details. */
export function denied(webhook: string, status: JsonObject): ApiError {
  const message = text(getKey(status, "message"));
  const reason = text(getKey(status, "reason"));
  const by = `admission webhook ${JSON.stringify(webhook)} denied the request`;
  const code = getKey(status, "code");
  const details = getKey(status, "details");
  const why = message === "" ? reason : message;
  return new ApiError({
    // A denial that claims success would be taken for one.
    code: typeof code === "number" && code >= 400 ? code : 400,
    reason: reason as StatusReason,
    message: why === "" ? `${by} without explanation` : `${by}: ${why}`,
    ...(isObject(details) ? { details } : {}),
  });
}

/** The webhook may change something outside, and nothing outside may change. */
export const noDryRun = (webhook: string): ApiError =>
  badRequest(`admission webhook ${JSON.stringify(webhook)} does not support dry run`);

/** Whether the webhook is to be asked cannot be told. */
export const cannotMatch = (a: AdmissionAttributes, why: Error): ApiError =>
  forbidden(a.resource, a.name, why.message);

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");
