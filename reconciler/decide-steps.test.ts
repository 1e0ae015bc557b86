import { describe, expect, test } from "vitest";
import type { KubeObject } from "../api/meta/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import { asOwned, resourceKey, servesOf } from "../transformers/ownership.ts";
import { decide } from "./decide.ts";
import type { Action } from "./plan.ts";
import { aModelDeployment, applied } from "./testing/objects.ts";

/** A deployment whose weights are downloaded onto a claim before its Widget starts. */
function downloading(id = "org/m", accessMode: "ReadWriteMany" | "ReadWriteOnce" = "ReadWriteMany") {
  return aModelDeployment(
    {},
    {
      model: { id, volumes: [{ name: "w", size: "1Gi", purpose: "modelCache", accessMode }] },
    },
  );
}

function desiredOf(deployment: ModelDeployment, image = "hub:1"): readonly KubeObject[] {
  const { id = "" } = deployment.spec.model;
  const metadata = (name: string): KubeObject["metadata"] => ({ name, namespace: "default" });
  const job = { image };
  return [
    asOwned({ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: metadata("m-w") }, deployment),
    asOwned(
      {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: metadata(`m-download-${id.replace("/", "-")}`),
        spec: { template: job },
      },
      deployment,
    ),
    asOwned(
      { apiVersion: "example.com/v1", kind: "Widget", metadata: metadata("m"), spec: { id } },
      deployment,
      servesOf(deployment),
    ),
  ];
}

const withStatus = (object: KubeObject, type: string, reason = "", message = ""): KubeObject => ({
  ...applied(object),
  status: { conditions: [{ type, status: "True", reason, message }] },
});

function planOf(given: {
  readonly deployment: ModelDeployment;
  readonly existing?: readonly KubeObject[];
  readonly desired?: readonly KubeObject[];
}) {
  const existing = given.existing ?? [];
  return decide({
    deployment: given.deployment,
    now: new Date("2026-01-01T00:10:00Z"),
    desired: given.desired ?? desiredOf(given.deployment),
    live: new Map(existing.map((object) => [resourceKey(object), object])),
    owned: existing,
    immutable: (before, after) =>
      before.kind === "Job" && JSON.stringify(before["spec"]) !== JSON.stringify(after["spec"])
        ? ["spec.template"]
        : [],
    isSettled: () => false,
  });
}

const words = (actions: readonly Action[]): string[] =>
  actions.map((action) => ("object" in action ? `${action.type} ${action.object.kind}` : action.type));

const deployment = downloading();
const [claim, job, widget] = desiredOf(deployment) as [KubeObject, KubeObject, KubeObject];
const done = withStatus(job, "Complete");

describe("a download in front of the workload", () => {
  test.each<{
    says: string;
    existing: readonly KubeObject[];
    status?: ModelDeployment["status"];
    does: readonly string[];
    waitsFor?: string;
    failure?: string;
  }>([
    {
      says: "starts it and holds the workload back",
      existing: [],
      does: ["apply PersistentVolumeClaim", "apply Job"],
      waitsFor: "m-download-org-m",
    },
    {
      says: "waits while it runs",
      existing: [applied(claim), applied(job)],
      does: [],
      waitsFor: "m-download-org-m",
    },
    {
      says: "starts the workload when it is complete",
      existing: [applied(claim), done],
      does: ["apply Widget"],
    },
    {
      says: "says why it failed, and does not try for ever",
      existing: [applied(claim), withStatus(job, "Failed", "BackoffLimitExceeded", "too often")],
      does: [],
      waitsFor: "m-download-org-m",
      failure: "BackoffLimitExceeded: too often",
    },
    {
      says: "does not repeat one whose Job is gone",
      existing: [applied(claim), applied(widget)],
      status: { modelDownload: { job: "m-download-org-m" } },
      does: [],
    },
    {
      says: "repeats one nobody remembers, beside the workload that serves already",
      existing: [applied(claim), applied(widget)],
      does: ["apply Job"],
    },
    {
      says: "tries a failed one anew once its Job is gone",
      existing: [applied(claim)],
      does: ["apply Job"],
      waitsFor: "m-download-org-m",
    },
  ])("$says", ({ existing, status, does, waitsFor, failure }) => {
    const plan = planOf({ deployment: { ...deployment, ...(status && { status }) }, existing });
    expect(words(plan.actions)).toEqual(does);
    expect([plan.step?.name, plan.step?.failure]).toEqual([waitsFor, failure]);
  });

  test("a finished Job is left alone whatever would be rendered today", () => {
    const desired = desiredOf(deployment, "hub:2");
    const plan = planOf({ deployment, desired, existing: [applied(claim), done, applied(widget)] });
    expect(plan.actions).toEqual([]);
  });

  test("one that is not finished is replaced when its settings change", () => {
    const desired = desiredOf(deployment, "hub:2");
    const failed = withStatus(job, "Failed", "BackoffLimitExceeded");
    const plan = planOf({ deployment, desired, existing: [applied(claim), failed] });
    expect(words(plan.actions)).toEqual(["check Job", "delete Job"]);
  });
});

describe("another model", () => {
  const next = downloading("org/next");
  const existing = [applied(claim), done, applied(widget)];

  test("is downloaded beside the old one, which serves until then", () => {
    const plan = planOf({ deployment: next, existing });
    expect(words(plan.actions)).toEqual(["apply Job", "delete Job"]);
    const [, nextJob] = desiredOf(next);
    const ready = [applied(claim), withStatus(nextJob as KubeObject, "Complete"), applied(widget)];
    expect(words(planOf({ deployment: next, existing: ready }).actions)).toEqual([
      "check Widget",
      "delete Widget",
    ]);
  });

  test("takes the volume from the old one first where only one node can have it", () => {
    const single = downloading("org/next", "ReadWriteOnce");
    const plan = planOf({ deployment: single, existing });
    expect(words(plan.actions)).toEqual(["check Job", "check Widget", "delete Widget"]);
  });
});

test("a claim that is kept belongs to nobody, is not foreign, and outlives the deployment", () => {
  const kept = asOwned(
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: {
        name: "m-w",
        labels: { "hawsepipe.dev/model-deployment": "m" },
        annotations: { "hawsepipe.dev/retention-policy": "Retain" },
      },
    },
    deployment,
  );
  expect(kept.metadata.ownerReferences).toBeUndefined();
  expect(planOf({ deployment, desired: [kept], existing: [applied(kept)] })).toMatchObject({
    actions: [],
    foreign: [],
  });
});
