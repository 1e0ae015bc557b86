import { describe, expect, test } from "vitest";
import { serviceUnavailable } from "../../api/errors/catalogue.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { AccessQuestion } from "../options.ts";
import { aReview, responseOf } from "../testing/review.ts";
import type { Enforcement } from "./decide.ts";
import type { GuardOptions } from "./guard.ts";
import { createGuard } from "./guard.ts";
import { defaultIdentities } from "./identities.ts";
import { guardReviewer } from "./review.ts";

const owner = {
  apiVersion: "hawsepipe.dev/v1alpha2",
  kind: "ModelDeployment",
  name: "llama",
  uid: "u1",
  controller: true,
};
const managed = (replicas: number): JsonObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "llama", namespace: "team-a", ownerReferences: [owner] },
  spec: { replicas },
});

interface World {
  readonly enforcement?: Enforcement;
  readonly mayBypass?: boolean;
  readonly broken?: Partial<Pick<GuardOptions, "authorize" | "enforcementOf">>;
}

function aGuard({ enforcement = "none", mayBypass = false, broken = {} }: World = {}) {
  const asked: AccessQuestion[] = [];
  const looked: string[] = [];
  const guard = createGuard({
    identities: defaultIdentities(),
    enforcementOf: (namespace) => {
      looked.push(namespace);
      return enforcement;
    },
    authorize: async (question) => {
      asked.push(question);
      return mayBypass;
    },
    readParent: async ({ name }) => (name === "llama" ? managed(1) : undefined),
    ...broken,
  });
  return { guard, asked, looked, review: guardReviewer(guard) };
}

const edit = (init: Parameters<typeof aReview>[0] = {}): JsonObject =>
  aReview({
    kind: { group: "apps", version: "v1", kind: "Deployment" },
    resource: { group: "apps", version: "v1", resource: "deployments" },
    operation: "UPDATE",
    name: "llama",
    object: managed(5),
    oldObject: managed(1),
    ...init,
  });

const { signal } = new AbortController();

describe("the guard as a webhook", () => {
  test("refuses with the resource and its ModelDeployment in the message", async () => {
    const { review, asked } = aGuard();
    const response = responseOf(await review(edit(), { signal }));
    expect(response).toEqual({
      uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
      allowed: false,
      status: {
        status: "Failure",
        code: 403,
        reason: "Forbidden",
        message:
          'deployments.apps "llama" is forbidden: it is rendered from ModelDeployment "llama", and Hawsepipe would undo the change: kubectl edit modeldeployment llama -n team-a',
        details: { name: "llama", group: "apps", kind: "deployments" },
      },
      auditAnnotations: { "guard-rule": "managed-resource", guard: "refuse" },
    });
    expect(asked).toMatchObject([
      { verb: "bypass-guard", resource: "modeldeployments", namespace: "team-a", name: "llama" },
    ]);
  });

  test("warns where the namespace says so, and asks nobody for rights", async () => {
    const { review, asked } = aGuard({ enforcement: "warn" });
    const response = responseOf(await review(edit(), { signal }));
    expect(response.allowed).toBe(true);
    expect(response.warnings?.[0]).toContain('ModelDeployment "llama"');
    expect(asked).toEqual([]);
  });

  test("records where the namespace says so", async () => {
    const { review } = aGuard({ enforcement: "audit" });
    const response = responseOf(await review(edit(), { signal }));
    expect(response).toMatchObject({
      allowed: true,
      auditAnnotations: { guard: "audit", "guard-rule": "managed-resource" },
    });
    expect(response.warnings).toBeUndefined();
  });

  test("lets whoever may bypass it pass, with a warning and a record", async () => {
    const { review } = aGuard({ mayBypass: true });
    const response = responseOf(await review(edit(), { signal }));
    expect(response).toMatchObject({ allowed: true, auditAnnotations: { guard: "bypass" } });
    expect(response.warnings?.[0]).toContain("allowed by bypass-guard");
  });

  test("a bypass of the rule on raw resources is a right in the namespace, not on one deployment", async () => {
    const { review, asked } = aGuard({ enforcement: "managed" });
    const body = edit({
      resource: { group: "kaito.sh", version: "v1beta1", resource: "workspaces" },
      operation: "CREATE",
      object: { metadata: { name: "raw" } },
      oldObject: null,
    });
    expect(responseOf(await review(body, { signal })).allowed).toBe(false);
    expect(asked).toMatchObject([{ verb: "bypass-guard", namespace: "team-a", name: "" }]);
  });

  test("a bypass of what a stack controls is a right on the stack", async () => {
    const { review, asked } = aGuard();
    const ofStack = (replicas: number): JsonObject => ({
      ...managed(replicas),
      metadata: {
        name: "llama",
        ownerReferences: [{ ...owner, kind: "LlamaStackDistribution", name: "chat" }],
      },
    });
    const body = edit({ object: ofStack(2), oldObject: ofStack(1) });
    expect(responseOf(await review(body, { signal })).allowed).toBe(false);
    expect(asked).toMatchObject([
      { verb: "bypass-guard", resource: "llamastackdistributions", namespace: "team-a", name: "chat" },
    ]);
  });

  test("looks at nothing for the cluster's controllers", async () => {
    const { review, asked, looked } = aGuard({ enforcement: "managed" });
    const username = "system:serviceaccount:kube-system:generic-garbage-collector";
    const body = edit({ operation: "DELETE", object: null, userInfo: { username } });
    expect(responseOf(await review(body, { signal }))).toEqual({
      uid: "705ab4f5-6393-11e8-b7cc-42010a800002",
      allowed: true,
    });
    expect([...asked, ...looked]).toEqual([]);
  });

  test("looks at no namespace for writes that break no rule", async () => {
    const { review, looked } = aGuard();
    const body = edit({ object: managed(1) });
    expect(responseOf(await review(body, { signal })).allowed).toBe(true);
    expect(looked).toEqual([]);
  });

  test.each([
    { says: "of a managed object is refused", name: "llama", want: false },
    { says: "of another one is not", name: "other", want: true },
  ])("a scale $says", async ({ name, want }) => {
    const { review } = aGuard();
    const scale = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name }, spec: { replicas: 3 } };
    const body = edit({ subResource: "scale", name, object: scale, oldObject: scale });
    expect(responseOf(await review(body, { signal })).allowed).toBe(want);
  });

  test("whoever cannot be asked about is refused, since a failed call may let pass", async () => {
    const { review } = aGuard({
      broken: {
        authorize: async () => {
          throw new Error("connection reset");
        },
      },
    });
    expect(responseOf(await review(edit(), { signal }))).toMatchObject({
      allowed: false,
      status: { code: 500 },
    });
  });

  test("a namespace that cannot be read is a refusal to try again", async () => {
    const { review } = aGuard({
      broken: {
        enforcementOf: () => {
          throw serviceUnavailable("away");
        },
      },
    });
    expect(responseOf(await review(edit(), { signal }))).toMatchObject({
      allowed: false,
      status: { code: 503 },
    });
  });

  test("a connection to a pod is no write", async () => {
    const { review } = aGuard();
    expect(responseOf(await review(edit({ operation: "CONNECT" }), { signal })).allowed).toBe(true);
  });
});
