import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../api/meta/types.ts";
import { aDeployment } from "../testing/deployments.ts";
import type { ProviderStatus } from "../transformer.ts";
import { vllmStatus } from "./status.ts";

interface Case {
  readonly says: string;
  readonly replicas?: number;
  readonly status?: object;
  readonly generation?: number;
  readonly want: Partial<ProviderStatus>;
}

const condition = (type: string, status: string, reason: string, message = ""): object => ({
  type,
  status,
  reason,
  message,
});

function observe({ replicas = 2, status = {}, generation = 1 }: Case): ProviderStatus {
  const object = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "m", generation },
    spec: { replicas },
    status,
  } as unknown as KubeObject;
  return vllmStatus(aDeployment({ networking: { port: 80 } }), [
    { apiVersion: "apps/v1", kind: "Deployment", name: "m", object },
  ]);
}

describe("a Deployment", () => {
  test.each<Case>([
    { says: "without a status is being worked on", want: { phase: "Deploying", isStale: true } },
    {
      says: "of which everything is there runs",
      status: {
        observedGeneration: 1,
        replicas: 2,
        updatedReplicas: 2,
        readyReplicas: 2,
        availableReplicas: 2,
      },
      want: {
        phase: "Running",
        reason: "DeploymentReady",
        message: "2 of 2 replicas are ready",
        replicas: { desired: 2, ready: 2, available: 2 },
        isStale: false,
      },
    },
    {
      says: "whose controller has not seen the newest spec is not running, whatever it counts",
      generation: 2,
      status: {
        observedGeneration: 1,
        replicas: 2,
        updatedReplicas: 2,
        readyReplicas: 2,
        availableReplicas: 2,
      },
      want: { phase: "Deploying", isStale: true, replicas: { desired: 2, ready: 2, available: 2 } },
    },
    {
      says: "in a rollout still counts the old pods, and says so",
      status: {
        observedGeneration: 1,
        replicas: 3,
        updatedReplicas: 1,
        readyReplicas: 2,
        availableReplicas: 2,
      },
      want: { phase: "Deploying", message: "2 of 2 replicas are ready, 1 run the newest spec" },
    },
    {
      says: "that is partly ready says how many are",
      status: {
        observedGeneration: 1,
        replicas: 2,
        updatedReplicas: 2,
        readyReplicas: 1,
        availableReplicas: 1,
      },
      want: { phase: "Deploying", message: "1 of 2 replicas are ready" },
    },
    {
      says: "that ran out of time failed in its own words",
      status: {
        observedGeneration: 1,
        conditions: [condition("Progressing", "False", "ProgressDeadlineExceeded", "has timed out")],
      },
      want: { phase: "Failed", reason: "DeploymentFailed", message: "has timed out" },
    },
    {
      says: "whose pods are refused failed in the words of the refusal",
      status: {
        observedGeneration: 1,
        conditions: [condition("ReplicaFailure", "True", "FailedCreate", "exceeded quota: gpus")],
      },
      want: { phase: "Failed", message: "exceeded quota: gpus" },
    },
    {
      says: "that fails without words gives its reason",
      status: { observedGeneration: 1, conditions: [condition("ReplicaFailure", "True", "FailedCreate")] },
      want: { phase: "Failed", message: "FailedCreate" },
    },
    {
      says: "scaled to zero runs once nothing is left",
      replicas: 0,
      status: { observedGeneration: 1 },
      want: { phase: "Running", reason: "ScaledToZero", replicas: { desired: 0, ready: 0, available: 0 } },
    },
    {
      says: "scaled to zero is busy while pods are left",
      replicas: 0,
      status: {
        observedGeneration: 1,
        replicas: 1,
        updatedReplicas: 1,
        readyReplicas: 1,
        availableReplicas: 1,
      },
      want: {
        phase: "Deploying",
        message: "scaling to zero, replicas that are left: 1",
        replicas: { desired: 0, ready: 1, available: 1 },
      },
    },
    {
      says: "with a status that is none is not believed",
      status: { observedGeneration: 1, readyReplicas: "2", conditions: ["x", null] },
      want: { phase: "Deploying", replicas: { desired: 2, ready: 0, available: 0 } },
    },
  ])("$says", (row) => {
    expect(observe(row)).toMatchObject(row.want);
  });

  test("that is missing is Pending, with what is asked for", () => {
    const status = vllmStatus(aDeployment({ serving: { replicas: 3 } }), [
      { apiVersion: "apps/v1", kind: "Deployment", name: "m" },
    ]);
    expect(status).toMatchObject({ phase: "Pending", replicas: { desired: 3, ready: 0, available: 0 } });
    expect(status.endpoint).toBeUndefined();
  });

  test("answers under the port of the Service", () => {
    expect(observe({ says: "", want: {} }).endpoint).toEqual({ service: "m", port: 80 });
  });
});
