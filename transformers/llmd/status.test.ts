import { describe, expect, test } from "vitest";
import { aDeployment } from "../testing/deployments.ts";
import type { ObservedResource, ProviderStatus } from "../transformer.ts";
import { llmdStatus } from "./status.ts";

const deployment = aDeployment({
  provider: { name: "llmd" },
  serving: { mode: "disaggregated", prefill: { replicas: 1 }, decode: { replicas: 2 } },
});

const done = (replicas: number): object => ({
  observedGeneration: 1,
  replicas,
  updatedReplicas: replicas,
  readyReplicas: replicas,
  availableReplicas: replicas,
});

function observed(name: string, replicas: number, status?: object): ObservedResource {
  const ref = { apiVersion: "apps/v1", kind: "Deployment", name };
  if (status === undefined) return ref;
  const object = { ...ref, metadata: { name, generation: 1 }, spec: { replicas }, status };
  return { ...ref, object: object };
}

const pod = (role: string, status: object): ObservedResource => ({
  apiVersion: "v1",
  kind: "Pod",
  name: `${role}-1`,
  object: {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `${role}-1`, labels: { "hawsepipe.dev/component": role } },
    status,
  },
});

const pulling = {
  containerStatuses: [
    { name: "engine", state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } } },
  ],
};

describe("prefill and decode", () => {
  test.each<{
    says: string;
    decode?: object;
    prefill?: object;
    pods?: readonly ObservedResource[];
    want: Partial<ProviderStatus>;
  }>([
    {
      says: "run when both do, with the numbers of decode",
      decode: done(2),
      prefill: done(1),
      want: {
        phase: "Running",
        reason: "DeploymentReady",
        message: "decode: 2 of 2 replicas are ready; prefill: 1 of 1 replicas are ready",
        replicas: { desired: 2, ready: 2, available: 2 },
        endpoint: { service: "m", port: 8000 },
        isStale: false,
      },
    },
    {
      says: "are not there before both are",
      decode: done(2),
      want: { phase: "Pending", reason: "DeploymentMissing", isStale: true },
    },
    {
      says: "have no endpoint while decode is missing",
      prefill: done(1),
      want: { phase: "Pending", replicas: { desired: 2, ready: 0, available: 0 } },
    },
    {
      says: "are being deployed while prefill is, although decode serves",
      decode: done(2),
      prefill: { observedGeneration: 1 },
      want: {
        phase: "Deploying",
        message: "prefill: 0 of 1 replicas are ready, 0 run the newest spec",
        replicas: { desired: 2, ready: 2, available: 2 },
      },
    },
    {
      says: "fail when prefill does, and say which",
      decode: done(2),
      prefill: {
        observedGeneration: 1,
        conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "quota" }],
      },
      want: { phase: "Failed", reason: "DeploymentFailed", message: "prefill: quota" },
    },
    {
      says: "fail by the pods of the component they belong to",
      decode: done(2),
      prefill: { observedGeneration: 1, replicas: 1, updatedReplicas: 1 },
      pods: [pod("prefill", pulling)],
      want: {
        phase: "Failed",
        reason: "PodsFailing",
        message: "prefill: pod prefill-1: container engine: ImagePullBackOff: no such image",
      },
    },
  ])("$says", ({ decode, prefill, pods = [], want }) => {
    const status = llmdStatus(deployment, [
      observed("m-decode", 2, decode),
      observed("m-prefill", 1, prefill),
      ...pods,
    ]);
    expect(status).toMatchObject(want);
    expect("endpoint" in status).toBe(decode !== undefined);
  });

  test("scaled to zero run once nothing is left", () => {
    const zero = aDeployment({
      serving: { mode: "disaggregated", prefill: { replicas: 0 }, decode: { replicas: 0 } },
    });
    const nothing = { observedGeneration: 1 };
    expect(
      llmdStatus(zero, [observed("m-decode", 0, nothing), observed("m-prefill", 0, nothing)]),
    ).toMatchObject({ phase: "Running", reason: "ScaledToZero" });
  });
});

test("one component says what its Deployment says", () => {
  const single = aDeployment({ networking: { port: 80 } });
  expect(llmdStatus(single, [observed("m", 1, done(1))])).toMatchObject({
    phase: "Running",
    message: "1 of 1 replicas are ready",
    endpoint: { service: "m", port: 80 },
  });
});
