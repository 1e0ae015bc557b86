import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { ObservedResource } from "../transformer.ts";
import type { DeploymentStatus } from "./deployment-status.ts";
import { deploymentStatus } from "./deployment-status.ts";
import { jobTrouble } from "./pod-trouble.ts";

const pod = (name: string, status: object, metadata: object = {}): ObservedResource => ({
  apiVersion: "v1",
  kind: "Pod",
  name,
  object: { apiVersion: "v1", kind: "Pod", metadata: { name, ...metadata }, status },
});
const waiting = (reason: string, message = "", more: object = {}): object => ({
  containerStatuses: [{ name: "engine", state: { waiting: { reason, message } }, ...more }],
});
const unschedulable = {
  conditions: [
    { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/2 nodes are available" },
  ],
};
const ended = { lastState: { terminated: { exitCode: 137, reason: "OOMKilled", message: "too big\n" } } };

const progressing = { observedGeneration: 1, replicas: 2, updatedReplicas: 2 };
const rollingOut = {
  ...progressing,
  replicas: 3,
  updatedReplicas: 1,
  readyReplicas: 2,
  availableReplicas: 2,
};
const timedOut = {
  conditions: [
    { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "timed out" },
  ],
};

describe("a Deployment of two that is not ready", () => {
  test.each<{
    says: string;
    status?: object;
    pods: readonly ObservedResource[];
    want: Partial<DeploymentStatus>;
  }>([
    {
      says: "fails by an image that cannot be pulled, whatever its deadline is",
      pods: [
        pod("a", waiting("ImagePullBackOff", "not found")),
        pod("b", waiting("ErrImagePull", "not found")),
      ],
      want: {
        phase: "Failed",
        reason: "PodsFailing",
        message: "pod a (and 1 more): container engine: ImagePullBackOff: not found",
      },
    },
    {
      says: "fails by an engine that keeps ending, with its last words",
      pods: [pod("a", waiting("CrashLoopBackOff", "back-off 5m0s", ended))],
      want: {
        phase: "Failed",
        message: "pod a: container engine keeps ending with exit code 137 (OOMKilled): too big",
      },
    },
    {
      says: "is waiting for a node with room, in the words of the scheduler",
      pods: [pod("a", unschedulable)],
      want: {
        phase: "Deploying",
        reason: "PodsUnschedulable",
        message: "0 of 2 replicas are ready; pod a: 0/2 nodes are available",
      },
    },
    {
      says: "is getting on while containers are created",
      pods: [pod("a", waiting("ContainerCreating")), pod("b", waiting("PodInitializing"))],
      want: { phase: "Deploying", reason: "DeploymentInProgress", message: "0 of 2 replicas are ready" },
    },
    {
      says: "takes no notice of a pod that is going",
      pods: [pod("a", waiting("ImagePullBackOff"), { deletionTimestamp: "2026-01-01T00:00:00Z" })],
      want: { phase: "Deploying", reason: "DeploymentInProgress" },
    },
    {
      says: "of which one serves has not failed",
      status: { ...progressing, readyReplicas: 1, availableReplicas: 1 },
      pods: [pod("a", waiting("ImagePullBackOff", "gone"))],
      want: {
        phase: "Deploying",
        reason: "PodsFailing",
        message: "1 of 2 replicas are ready; pod a: container engine: ImagePullBackOff: gone",
      },
    },
    {
      says: "that ran out of time says what its pods say, too",
      status: { ...progressing, ...timedOut },
      pods: [pod("a", unschedulable)],
      want: {
        phase: "Failed",
        reason: "DeploymentFailed",
        message: "timed out; pod a: 0/2 nodes are available",
      },
    },
    {
      says: "in a rollout says that the version before serves",
      status: rollingOut,
      pods: [],
      want: {
        phase: "Deploying",
        reason: "PreviousVersionServing",
        message: "2 of 2 replicas are ready, 1 run the newest spec",
      },
    },
    {
      says: "whose rollout fails says that the version before still serves",
      status: rollingOut,
      pods: [pod("c", waiting("ImagePullBackOff", "gone"))],
      want: {
        phase: "Failed",
        reason: "UpdateFailed",
        message:
          "pod c: container engine: ImagePullBackOff: gone; 2 replicas of the version before still serve",
        replicas: { desired: 2, ready: 2, available: 2 },
      },
    },
  ])("$says", ({ status = progressing, pods, want }) => {
    const object = { metadata: { generation: 1 }, spec: { replicas: 2 }, status } as unknown as JsonObject;
    expect(deploymentStatus(object, 2, pods)).toMatchObject(want);
  });
});

test("pods that are well say nothing against a Deployment that is", () => {
  const status = { ...progressing, readyReplicas: 2, availableReplicas: 2 };
  const object = { metadata: { generation: 1 }, spec: { replicas: 2 }, status } as unknown as JsonObject;
  const running = pod("a", { containerStatuses: [{ name: "engine", state: { running: {} } }] });
  expect(deploymentStatus(object, 2, [running])).toMatchObject({
    phase: "Running",
    reason: "DeploymentReady",
  });
});

describe("a pod of a Job", () => {
  const ended = (exitCode: number, message: string): object => ({
    containerStatuses: [
      {
        name: "download",
        state: { terminated: { exitCode, reason: exitCode === 0 ? "Completed" : "Error", message } },
      },
    ],
  });
  test.each<{ says: string; status: object; want: string | undefined }>([
    {
      says: "that ended badly is quoted",
      status: ended(1, "401: gated repository"),
      want: "pod a: container download ended with exit code 1 (Error): 401: gated repository",
    },
    { says: "that did its work says nothing", status: ended(0, "done"), want: undefined },
    { says: "that finds no node says so", status: unschedulable, want: "pod a: 0/2 nodes are available" },
  ])("$says", ({ status, want }) => {
    expect(jobTrouble([pod("a", status)])).toBe(want);
  });
});
