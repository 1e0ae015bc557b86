import type { ReviewRequest, ReviewResponse } from "../../api/admission/review.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import type { ReviewAnswer } from "../review/respond.ts";

/** The body of a review as kube-apiserver would send it, about a new ModelDeployment of the hub version. */
export function aReview(request: Partial<ReviewRequest> = {}): JsonObject {
  const whole: ReviewRequest = {
    uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
    kind: { group: "hawsepipe.dev", version: "v1alpha2", kind: "ModelDeployment" },
    resource: { group: "hawsepipe.dev", version: "v1alpha2", resource: "modeldeployments" },
    name: "demo",
    namespace: "team-a",
    operation: "CREATE",
    userInfo: { username: "ann", uid: "1", groups: ["team-a", "system:authenticated"] },
    object: aModelDeployment(),
    oldObject: null,
    dryRun: false,
    options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
    ...request,
  };
  return {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: whole as unknown as JsonValue,
  };
}

/** A ModelDeployment as it is when webhooks are called: complete with what the server adds. */
export function aModelDeployment(spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "ModelDeployment",
    metadata: {
      name: "demo",
      namespace: "team-a",
      uid: "2ad84a8e-4a9e-4ec8-9d1a-3a1d5c6a3c11",
      creationTimestamp: "2026-11-21T01:00:00Z",
      generation: 1,
      labels: { app: "demo" },
      managedFields: [{ manager: "kubectl", operation: "Update", apiVersion: "hawsepipe.dev/v1alpha2" }],
    },
    spec: { model: { id: "Qwen/Qwen3-0.6B" }, ...spec },
  };
}

/** The same object for a v1alpha1 client. */
export function anOldModelDeployment(spec: JsonObject = {}): JsonObject {
  return { ...aModelDeployment(spec), apiVersion: "hawsepipe.dev/v1alpha1" };
}

/** The response of an answered review; an error when it was no review. */
export function responseOf(answer: ReviewAnswer): ReviewResponse {
  if ("badRequest" in answer) throw new Error(answer.badRequest);
  return answer.review.response;
}

/** The operations of a response's patch. */
export function patchOf({ patch }: ReviewResponse): JsonValue {
  return patch === undefined ? [] : (JSON.parse(Buffer.from(patch, "base64").toString()) as JsonValue);
}
