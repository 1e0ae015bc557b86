/** AdmissionReviews and ConversionReviews as kube-apiserver sends them, of the samples of the project. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { webhookPaths } from "../../../cli/webhooks/handlers.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { applyJsonPatch } from "../../../machinery/patch/json-patch.ts";
import type { JsonPatchOperation } from "../../../machinery/patch/json-patch.ts";
import { decodeYaml } from "../../../machinery/yaml/decode.ts";
import { repository } from "../../../test/support/standalone.ts";

export interface ReviewCase {
  readonly what: string;
  readonly path: string;
  readonly body: string;
  /** How many objects are in it, where there may be several. */
  readonly objects?: number;
}

type Answering = (review: ReviewCase) => Promise<string>;

/** A sample as the API server sends it: complete with what it adds. */
function sample(file: string): JsonObject {
  const { value } = decodeYaml(readFileSync(path.join(repository, "manifests/samples", file), "utf8"));
  const object = value as JsonObject;
  const managed = { manager: "kubectl-client-side-apply", operation: "Update", fieldsType: "FieldsV1" };
  object["metadata"] = {
    ...(object["metadata"] as JsonObject),
    namespace: "default",
    uid: "2ad84a8e-4a9e-4ec8-9d1a-3a1d5c6a3c11",
    creationTimestamp: "2026-11-21T01:00:00Z",
    generation: 1,
    managedFields: [
      {
        ...managed,
        apiVersion: object["apiVersion"] ?? "",
        fieldsV1: { "f:spec": { "f:model": { "f:id": {} } } },
      },
    ],
  };
  return object;
}

function admissionReview(resource: JsonObject, kind: string, object: JsonObject, operation: string): string {
  const { group = "", version = "" } = resource;
  const change = operation === "CREATE" ? { oldObject: null } : { oldObject: object };
  return JSON.stringify({
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
      kind: { group, version, kind },
      resource,
      requestKind: { group, version, kind },
      requestResource: resource,
      name: "demo",
      namespace: "default",
      operation,
      userInfo: { username: "ann", groups: ["team-a", "system:authenticated"] },
      object,
      ...change,
      dryRun: false,
      options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
    },
  });
}

function conversionReview(objects: readonly JsonObject[], desired: string): string {
  return JSON.stringify({
    kind: "ConversionReview",
    apiVersion: "apiextensions.k8s.io/v1",
    request: { uid: "u", desiredAPIVersion: desired, objects },
  });
}

/** The body of a review after its mutation, as validation gets to see it. */
async function mutated(answerOf: Answering, review: ReviewCase): Promise<string> {
  const { response } = JSON.parse(await answerOf(review)) as { response: { patch?: string } };
  const body = JSON.parse(review.body) as { request: { object: JsonObject } };
  const patch = JSON.parse(
    Buffer.from(response.patch ?? "W10=", "base64").toString(),
  ) as JsonPatchOperation[];
  body.request.object = applyJsonPatch(body.request.object, patch) as JsonObject;
  return JSON.stringify(body);
}

/** Every review that is measured; validation sees what `answerOf` says of mutation. */
export async function reviewCases(answerOf: Answering): Promise<readonly ReviewCase[]> {
  const hub = { group: "hawsepipe.dev", version: "v1alpha2", resource: "modeldeployments" };
  const old = { ...hub, version: "v1alpha1" };
  const [small, full, v1] = ["10-vllm-minimal.yaml", "11-vllm-full.yaml", "31-v1alpha1-vllm-full.yaml"].map(
    sample,
  ) as [JsonObject, JsonObject, JsonObject];
  const page = (object: JsonObject, objects: number): JsonObject[] =>
    Array.from({ length: objects }, () => object);
  const review = (url: string, what: string, resource: typeof hub, object: JsonObject): ReviewCase => ({
    what,
    path: url,
    body: admissionReview(resource, "ModelDeployment", object, "CREATE"),
  });
  const validation = async (what: string, resource: typeof hub, object: JsonObject): Promise<ReviewCase> => ({
    what,
    path: webhookPaths.validate,
    body: await mutated(answerOf, review(webhookPaths.mutate, what, resource, object)),
  });
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: "demo",
      ownerReferences: [
        { apiVersion: "hawsepipe.dev/v1alpha2", kind: "ModelDeployment", name: "demo", controller: true },
      ],
    },
    spec: { replicas: 1, template: full["spec"] ?? {} },
  };
  return [
    review(webhookPaths.mutate, "mutate, minimal", hub, small),
    review(webhookPaths.mutate, "mutate, full", hub, full),
    review(webhookPaths.mutate, "mutate, full v1alpha1", old, v1),
    await validation("validate, minimal", hub, small),
    await validation("validate, full", hub, full),
    await validation("validate, full v1alpha1", old, v1),
    {
      what: "guard, no change",
      path: webhookPaths.guard,
      body: admissionReview(
        { group: "apps", version: "v1", resource: "deployments" },
        "Deployment",
        deployment,
        "UPDATE",
      ),
    },
    ...[1, 50, 500].flatMap((objects) => [
      {
        what: "convert to v1alpha2",
        path: webhookPaths.convert,
        body: conversionReview(page(v1, objects), "hawsepipe.dev/v1alpha2"),
        objects,
      },
      {
        what: "convert to v1alpha1",
        path: webhookPaths.convert,
        body: conversionReview(page(full, objects), "hawsepipe.dev/v1alpha1"),
        objects,
      },
    ]),
  ];
}
