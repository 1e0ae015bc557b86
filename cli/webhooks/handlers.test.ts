import { describe, expect, test } from "vitest";
import { modelDeploymentDefinition } from "../../api/modeldeployment/definition.ts";
import { mutatingReviewer } from "../../admission/review/mutate.ts";
import { validatingReviewer } from "../../admission/review/validate.ts";
import { createGuard } from "../../admission/guard/guard.ts";
import { defaultIdentities } from "../../admission/guard/identities.ts";
import { guardReviewer } from "../../admission/guard/review.ts";
import { aReview } from "../../admission/testing/review.ts";
import { modelDeploymentConverter } from "../../conversion/modeldeployment/converter.ts";
import { realClock } from "../../machinery/clock.ts";
import type { JsonObject, JsonValue } from "../../machinery/json/value.ts";
import { getPath } from "../../machinery/json/value.ts";
import { anonymousAuthenticator } from "../../server/authn/anonymous.ts";
import { alwaysAllowPaths } from "../../server/authz/union.ts";
import { createHandlerTable } from "../../server/http/handler-table.ts";
import { silentLogger } from "../../server/http/logger.ts";
import { ApiServer } from "../../server/http/server.ts";
import { webhookHandlers } from "./handlers.ts";

const definitions = [modelDeploymentDefinition(modelDeploymentConverter)];
const broken = {
  name: "broken",
  handles: () => true,
  admit: async () => {
    throw new TypeError("x is not a function");
  },
};
const reviewers = {
  mutate: mutatingReviewer({ definitions, plugins: [broken] }),
  validate: validatingReviewer({ definitions, plugins: [], readParent: async () => undefined }),
  guard: guardReviewer(
    createGuard({
      identities: defaultIdentities(),
      enforcementOf: () => "none",
      authorize: async () => false,
      readParent: async () => undefined,
    }),
  ),
};
const server = new ApiServer({
  authenticator: anonymousAuthenticator,
  authorizer: alwaysAllowPaths("*"),
  handlers: createHandlerTable({ paths: webhookHandlers(reviewers, realClock()) }),
  logger: silentLogger,
  clock: realClock(),
});

async function post(path: string, body: string, method = "POST"): Promise<{ status: number; text: string }> {
  const response = await server.dispatch({
    method,
    url: path,
    headers: { "content-type": "application/json" },
    body: Buffer.from(body),
    user: { name: "system:anonymous", groups: [] },
  });
  if ("stream" in response) throw new Error("webhooks do not stream");
  const { status, body: answer } = response;
  const text = Array.isArray(answer) ? Buffer.concat(answer).toString() : String(answer);
  return { status, text };
}

describe("webhooks over HTTP", () => {
  test.each(["/admission/validate", "/admission/guard"])(
    "%s answers a review with a review",
    async (path) => {
      const { status, text } = await post(`${path}?timeout=10s`, JSON.stringify(aReview()));
      expect(status).toBe(200);
      expect(JSON.parse(text)).toMatchObject({ kind: "AdmissionReview", response: { allowed: true } });
    },
  );

  test("/convert answers objects in the version wanted, large integers included", async () => {
    const body = `{"kind":"ConversionReview","apiVersion":"apiextensions.k8s.io/v1","request":{"uid":"u",
      "desiredAPIVersion":"hawsepipe.dev/v1alpha2","objects":[{"apiVersion":"hawsepipe.dev/v1alpha1",
      "kind":"ModelDeployment","metadata":{"name":"a"},"spec":{"model":{"id":"m"},"big":9007199254740993}}]}}`;
    const { status, text } = await post("/convert", body);
    expect(status).toBe(200);
    expect(text).toContain('"apiVersion":"hawsepipe.dev/v1alpha2"');
    expect(text).toContain("9007199254740993");
  });

  test("/convert answers others between the objects of a large review, and several take turns", async () => {
    const object = (i: number): JsonObject => ({
      apiVersion: "hawsepipe.dev/v1alpha1",
      kind: "ModelDeployment",
      metadata: { name: `m-${String(i)}` },
      spec: { model: { id: "m" } },
    });
    const large = (uid: string, count: number): Promise<{ text: string }> => {
      const objects = Array.from({ length: count }, (_, i) => object(i));
      const request = { uid, desiredAPIVersion: "hawsepipe.dev/v1alpha2", objects };
      const review = { kind: "ConversionReview", apiVersion: "apiextensions.k8s.io/v1", request };
      return post("/convert", JSON.stringify(review));
    };
    const order: string[] = [];
    const answers = await Promise.all([
      large("long", 3000).finally(() => order.push("long")),
      large("short", 300).finally(() => order.push("short")),
      post("/admission/validate", JSON.stringify(aReview())).finally(() => order.push("other")),
    ]);
    expect(order).toEqual(["other", "short", "long"]);
    const review = JSON.parse(answers[0].text) as JsonObject;
    expect(getPath(review, "response", "uid")).toBe("long");
    expect(getPath(review, "response", "result")).toEqual({ status: "Success" });
    const converted = getPath(review, "response", "convertedObjects") as JsonValue[];
    expect(converted.map((one) => getPath(one, "metadata", "name"))).toEqual(
      Array.from({ length: 3000 }, (_, i) => `m-${String(i)}`),
    );
  });

  test("/convert fails as a whole when one object of a large review cannot be converted", async () => {
    const objects = Array.from({ length: 500 }, (_, i) => ({
      apiVersion: "hawsepipe.dev/v1alpha1",
      kind: i === 400 ? "Other" : "ModelDeployment",
    }));
    const request = { uid: "u", desiredAPIVersion: "hawsepipe.dev/v1alpha2", objects };
    const review = { kind: "ConversionReview", apiVersion: "apiextensions.k8s.io/v1", request };
    const { status, text } = await post("/convert", JSON.stringify(review));
    expect(status).toBe(200);
    expect(getPath(JSON.parse(text) as JsonObject, "response")).toEqual({
      uid: "u",
      result: { status: "Failure", message: "objects[400]: no conversion for Other.hawsepipe.dev" },
    });
  });

  test.each([
    {
      says: "a large body that is not JSON",
      path: "/convert",
      body: "{".repeat(20_000),
      want: "the body is not JSON",
    },
    { says: "a body that is not JSON", path: "/admission/validate", body: "{", want: "the body is not JSON" },
    {
      says: "a body that is no review",
      path: "/admission/guard",
      body: "{}",
      want: "expected an AdmissionReview",
    },
    { says: "a conversion of nothing", path: "/convert", body: "[]", want: "expected a ConversionReview" },
  ])("$says is a bad request", async ({ path, body, want }) => {
    const { status, text } = await post(path, body);
    expect(status).toBe(400);
    expect(text).toContain(want);
  });

  test("reading a webhook is not allowed", async () => {
    expect((await post("/admission/validate", "", "GET")).status).toBe(405);
  });

  test("an error of ours is a failed call, so that the failure policy decides", async () => {
    const { status, text } = await post("/admission/mutate", JSON.stringify(aReview()));
    expect(status).toBe(500);
    expect(text).not.toContain("not a function");
  });
});
