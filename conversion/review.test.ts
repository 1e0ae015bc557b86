import { describe, expect, test } from "vitest";
import type { JsonValue } from "../machinery/json/value.ts";
import { getPath } from "../machinery/json/value.ts";
import { atOnce } from "../machinery/queue/sliced-work.ts";
import type { ReviewAnswer } from "./review.ts";
import { conversionReviewWork } from "./review.ts";

const answerConversionReview = (body: JsonValue): ReviewAnswer => atOnce(conversionReviewWork(body));

const object = (name: string, edit: Record<string, JsonValue> = {}): JsonValue => ({
  apiVersion: "hawsepipe.dev/v1alpha1",
  kind: "ModelDeployment",
  metadata: { name, uid: `uid-${name}` },
  spec: { model: { id: name }, scaling: { replicas: 0 } },
  ...edit,
});

const review = (request: JsonValue): JsonValue => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "ConversionReview",
  request,
});

const desired = "hawsepipe.dev/v1alpha2";

test("objects come back converted, in the same number and order, with the uid of the request", () => {
  const answer = answerConversionReview(
    review({ uid: "u", desiredAPIVersion: desired, objects: [object("a"), object("b")] }),
  );
  const converted = (name: string): JsonValue => ({
    apiVersion: desired,
    kind: "ModelDeployment",
    metadata: { name, uid: `uid-${name}` },
    spec: { model: { id: name }, serving: { replicas: 0 } },
  });
  expect(answer).toEqual({
    review: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "ConversionReview",
      response: {
        uid: "u",
        convertedObjects: [converted("a"), converted("b")],
        result: { status: "Success" },
      },
    },
    warnings: [],
  });
});

test.each<{ says: string; objects: JsonValue[]; want: string; to?: string }>([
  {
    says: "an unknown kind",
    objects: [object("a", { kind: "Other" })],
    want: "objects[0]: no conversion for Other.hawsepipe.dev",
  },
  {
    says: "an unknown version",
    objects: [object("a"), object("b", { apiVersion: "hawsepipe.dev/v9" })],
    want: "objects[1]: ModelDeployment has no version v9",
  },
  {
    says: "an unknown target",
    objects: [object("a")],
    to: "hawsepipe.dev/v9",
    want: "objects[0]: ModelDeployment has no version v9",
  },
  {
    says: "another group",
    objects: [object("a")],
    to: "apps/v1",
    want: "objects[0]: hawsepipe.dev/v1alpha1 cannot become apps/v1",
  },
  { says: "something that is no object", objects: [null], want: "objects[0]: is not an object" },
  { says: "an object without kind", objects: [{}], want: "objects[0]: apiVersion and kind are required" },
])("$says fails the whole review", ({ objects, want, to = desired }) => {
  const answer = answerConversionReview(review({ uid: "u", desiredAPIVersion: to, objects }));
  expect(answer).toEqual({
    review: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "ConversionReview",
      response: { uid: "u", result: { status: "Failure", message: want } },
    },
    warnings: [],
  });
});

test.each<[string, JsonValue, string]>([
  ["no object", [], "expected a ConversionReview"],
  ["another kind", { kind: "AdmissionReview" }, "expected a ConversionReview"],
  [
    "another version",
    { kind: "ConversionReview", apiVersion: "apiextensions.k8s.io/v1beta1" },
    "expected ConversionReview apiextensions.k8s.io/v1",
  ],
  ["no uid", review({}), "request.uid"],
  ["no target", review({ uid: "u" }), "request.desiredAPIVersion"],
  ["no objects", review({ uid: "u", desiredAPIVersion: desired }), "request.objects"],
])("%s is a bad request", (_says, body, want) => {
  const answer = answerConversionReview(body);
  expect("badRequest" in answer && answer.badRequest).toContain(want);
});

const stack = (version: string, spec: JsonValue): JsonValue => ({
  apiVersion: `hawsepipe.dev/${version}`,
  kind: "LlamaStackDistribution",
  metadata: { name: "chat" },
  spec,
});

describe("LlamaStackDistribution", () => {
  const convert = (object: JsonValue, version: string): JsonValue => {
    const desiredAPIVersion = `hawsepipe.dev/${version}`;
    const answer = answerConversionReview(review({ uid: "u", desiredAPIVersion, objects: [object] }));
    if (!("review" in answer)) throw new Error(answer.badRequest);
    const converted = getPath(answer.review, "response", "convertedObjects");
    return Array.isArray(converted) ? converted[0]! : getPath(answer.review, "response", "result")!;
  };

  test("is converted to the newer version and back", () => {
    const older = stack("v1alpha1", {
      replicas: 2,
      server: { distribution: { name: "starter" }, containerSpec: { name: "other", port: 9000 } },
      network: { exposeRoute: true },
    });
    const newer = convert(older, "v1alpha2");
    expect(getPath(newer, "spec")).toEqual({
      distribution: { name: "starter" },
      workload: { replicas: 2 },
      networking: { port: 9000, expose: { enabled: true } },
    });
    expect(convert(newer, "v1alpha1")).toEqual(older);
  });

  test("what is left of a larger object is never stored in its place", () => {
    const large = stack("v1alpha2", {
      distribution: { name: "starter" },
      providers: { inference: [{ provider: "vllm", settings: { text: "x".repeat(300_000) } }] },
    });
    const older = convert(large, "v1alpha1");
    expect(getPath(older, "spec")).toEqual({ replicas: 1, server: { distribution: { name: "starter" } } });
    expect(convert(older, "v1alpha2")).toEqual({
      status: "Failure",
      message:
        "objects[0]: metadata.annotations[hawsepipe.dev/v1alpha2-stash]: the object holds more than v1alpha1 can carry; write it as v1alpha2",
    });
  });
});
