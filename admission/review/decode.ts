/** Reads an AdmissionReview of admission.k8s.io/v1. Only kube-apiserver writes them, but anybody may send one. */
import type { ReviewOperation, ReviewRequest } from "../../api/admission/review.ts";
import { admissionApiVersion, admissionReviewKind } from "../../api/admission/review.ts";
import type { UserInfo } from "../../api/meta/user.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getKey, isObject } from "../../machinery/json/value.ts";

const operations: readonly string[] = ["CREATE", "UPDATE", "DELETE", "CONNECT"] satisfies ReviewOperation[];

/** The request of a review, or why the body is none: a bad request, which is no answer to the review. */
export function readReview(body: JsonValue): ReviewRequest | { readonly badRequest: string } {
  if (!isObject(body) || getKey(body, "kind") !== admissionReviewKind)
    return { badRequest: "expected an AdmissionReview" };
  const apiVersion = getKey(body, "apiVersion");
  if (apiVersion !== admissionApiVersion) {
    return {
      badRequest: `expected AdmissionReview ${admissionApiVersion}, got ${JSON.stringify(apiVersion)}`,
    };
  }
  const request = getKey(body, "request");
  if (!isObject(request)) return { badRequest: "request is required" };
  const problem = problemOf(request);
  return problem === undefined ? (request as unknown as ReviewRequest) : { badRequest: problem };
}

/** What reviewers rely on without looking again. */
function problemOf(request: JsonObject): string | undefined {
  const uid = getKey(request, "uid");
  if (typeof uid !== "string" || uid === "") return "request.uid is required";
  if (!isOperation(getKey(request, "operation"))) return "request.operation is not known";
  for (const [field, names] of [
    ["kind", ["group", "version", "kind"]],
    ["resource", ["group", "version", "resource"]],
  ] as const) {
    if (!hasTexts(getKey(request, field), names)) return `request.${field} must have ${names.join(", ")}`;
  }
  const asked = getKey(request, "requestResource");
  if (asked !== undefined && !hasTexts(asked, ["group", "version", "resource"])) {
    return "request.requestResource must have group, version, resource";
  }
  for (const field of ["name", "namespace", "subResource"]) {
    if (!["string", "undefined"].includes(typeof getKey(request, field)))
      return `request.${field} must be a string`;
  }
  for (const field of ["object", "oldObject", "options"]) {
    const value = getKey(request, field);
    if (value !== undefined && value !== null && !isObject(value))
      return `request.${field} must be an object`;
  }
  return isObject(getKey(request, "userInfo")) ? undefined : "request.userInfo is required";
}

const isOperation = (value: JsonValue | undefined): boolean =>
  typeof value === "string" && operations.includes(value);

const hasTexts = (value: JsonValue | undefined, names: readonly string[]): boolean =>
  isObject(value) && names.every((name) => typeof getKey(value, name) === "string");

/** The user of a review; whatever is no text is left out. */
export function reviewUser({ userInfo }: ReviewRequest): UserInfo {
  const { username, uid, groups, extra } = userInfo as Record<keyof typeof userInfo, unknown>;
  return {
    name: typeof username === "string" ? username : "",
    ...(typeof uid === "string" ? { uid } : {}),
    groups: texts(groups),
    ...(isObject(extra)
      ? { extra: Object.fromEntries(Object.entries(extra).map(([key, value]) => [key, texts(value)])) }
      : {}),
  };
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
