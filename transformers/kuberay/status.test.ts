import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../api/meta/types.ts";
import type { ModelDeploymentSpec } from "../../api/modeldeployment/v1alpha2/types.ts";
import { aDeployment } from "../testing/deployments.ts";
import type { ProviderStatus } from "../transformer.ts";
import { kuberayStatus } from "./status.ts";

const two: Partial<ModelDeploymentSpec> = { serving: { replicas: 2 } };

function observe(status: object | undefined, generation = 1, spec = two): ProviderStatus {
  const object = {
    apiVersion: "ray.io/v1",
    kind: "RayService",
    metadata: { name: "m", generation },
    spec: {},
    ...(status === undefined ? {} : { status }),
  } as unknown as KubeObject;
  const { apiVersion, kind } = object;
  return kuberayStatus(aDeployment(spec), [{ apiVersion, kind, name: "m", object }]);
}

/** What KubeRay writes about one cluster. */
const side = (name: string, status: string, more: object = {}): object => ({
  rayClusterName: name,
  applicationStatuses: { llm: { status, ...more } },
  rayClusterStatus: { readyWorkerReplicas: 2, desiredWorkerReplicas: 2 },
});
const ready = (status: string, reason: string, message = ""): object => ({
  conditions: [{ type: "Ready", status, reason, message }],
});
const serving = { ...ready("True", "NonZeroServeEndpoints"), numServeEndpoints: 2 };

interface Step {
  readonly says: string;
  readonly status?: object;
  readonly generation?: number;
  readonly want: Partial<ProviderStatus>;
}

/** Statuses one after the other, as KubeRay 1.3 writes them, and what a user sees. */
const sequences: Readonly<Record<string, readonly Step[]>> = {
  "that comes up": [
    {
      says: "nobody has looked at",
      want: { phase: "Deploying", reason: "DeploymentInProgress", isStale: true },
    },
    {
      says: "gets a cluster",
      status: {
        observedGeneration: 1,
        ...ready("False", "Initializing", "RayService is initializing"),
        pendingServiceStatus: { rayClusterName: "m-1", rayClusterStatus: {} },
      },
      want: {
        phase: "Deploying",
        reason: "DeploymentInProgress",
        message: "RayService is initializing",
        replicas: { desired: 2, ready: 0, available: 0 },
      },
    },
    {
      says: "waits for a node, in the words of the cluster beneath",
      status: {
        observedGeneration: 1,
        ...ready("False", "Initializing", "RayService is initializing"),
        pendingServiceStatus: {
          rayClusterName: "m-1",
          rayClusterStatus: {
            conditions: [
              {
                type: "HeadPodReady",
                status: "False",
                reason: "Unschedulable",
                message: "0/3 nodes are available",
              },
            ],
          },
        },
      },
      want: { phase: "Deploying", message: "0/3 nodes are available" },
    },
    {
      says: "deploys the application",
      status: {
        observedGeneration: 1,
        pendingServiceStatus: side("m-1", "DEPLOYING", { message: "loading weights" }),
      },
      want: { phase: "Deploying", message: "loading weights" },
    },
    {
      says: "serves",
      status: { observedGeneration: 1, ...serving, activeServiceStatus: side("m-1", "RUNNING") },
      want: {
        phase: "Running",
        reason: "DeploymentReady",
        replicas: { desired: 2, ready: 2, available: 2 },
        endpoint: { service: "m-serve-svc", port: 8000 },
      },
    },
  ],
  "that fails": [
    {
      says: "the first time, with the words of the part that failed",
      status: {
        observedGeneration: 1,
        ...ready("False", "Initializing"),
        pendingServiceStatus: side("m-1", "DEPLOY_FAILED", {
          message: "Deploying app 'llm' failed",
          serveDeploymentStatuses: {
            "LLMServer:m": { status: "UNHEALTHY", message: "CUDA out of memory" },
            OpenAiIngress: { status: "HEALTHY" },
          },
        }),
      },
      want: { phase: "Failed", reason: "DeploymentFailed", message: "LLMServer:m: CUDA out of memory" },
    },
    {
      says: "with the words of the application when its parts say nothing",
      status: {
        observedGeneration: 1,
        pendingServiceStatus: side("m-1", "DEPLOY_FAILED", { message: "no module named x" }),
      },
      want: { phase: "Failed", message: "no module named x" },
    },
    {
      says: "because KubeRay refuses it",
      status: { observedGeneration: 1, ...ready("False", "ValidationFailed", "name is too long") },
      want: { phase: "Failed", reason: "DeploymentFailed", message: "name is too long" },
    },
    {
      says: "because it took too long",
      status: {
        observedGeneration: 1,
        ...ready("False", "InitializingTimeout", "did not become ready in time"),
        pendingServiceStatus: side("m-1", "DEPLOYING"),
      },
      want: { phase: "Failed", message: "did not become ready in time" },
    },
    {
      says: "and recovers",
      status: { observedGeneration: 1, ...serving, activeServiceStatus: side("m-1", "RUNNING") },
      want: { phase: "Running" },
    },
    {
      says: "while it serves nobody any more",
      status: {
        observedGeneration: 1,
        ...ready("False", "ZeroServeEndpoints", "no endpoints"),
        numServeEndpoints: 0,
        activeServiceStatus: side("m-1", "RUNNING"),
      },
      want: { phase: "Deploying", message: "no endpoints", replicas: { desired: 2, ready: 0, available: 0 } },
    },
    {
      says: "in part, which Ray repairs itself",
      status: {
        observedGeneration: 1,
        ...ready("True", "NonZeroServeEndpoints"),
        activeServiceStatus: side("m-1", "UNHEALTHY", { message: "a replica died" }),
      },
      want: { phase: "Deploying", message: "a replica died" },
    },
  ],
  "that is changed": [
    {
      says: "has not been looked at, but serves",
      generation: 2,
      status: { observedGeneration: 1, ...serving, activeServiceStatus: side("m-1", "RUNNING") },
      want: { phase: "Deploying", reason: "PreviousVersionServing", isStale: true },
    },
    {
      says: "runs in its old cluster until the new one is ready",
      generation: 2,
      status: {
        observedGeneration: 2,
        ...serving,
        activeServiceStatus: side("m-1", "RUNNING"),
        pendingServiceStatus: side("m-2", "DEPLOYING", { message: "loading weights" }),
      },
      want: {
        phase: "Deploying",
        reason: "PreviousVersionServing",
        message: "loading weights",
        replicas: { desired: 2, ready: 2, available: 2 },
      },
    },
    {
      says: "fails in its new cluster, while the old one serves",
      generation: 2,
      status: {
        observedGeneration: 2,
        ...serving,
        activeServiceStatus: side("m-1", "RUNNING"),
        pendingServiceStatus: side("m-2", "DEPLOY_FAILED", { message: "no such model" }),
      },
      want: { phase: "Failed", reason: "UpdateFailed", message: "no such model" },
    },
    {
      says: "is rolled out in the same cluster",
      generation: 2,
      status: { observedGeneration: 2, ...serving, activeServiceStatus: side("m-1", "DEPLOYING") },
      want: { phase: "Deploying", reason: "PreviousVersionServing" },
    },
  ],
};

describe.each(Object.entries(sequences))("a RayService %s", (_name, steps) => {
  test.each(steps)("$says", ({ status, generation, want }) => {
    expect(observe(status, generation)).toMatchObject(want);
  });
});

test("there is no address before a cluster was promoted", () => {
  const status = { observedGeneration: 1, pendingServiceStatus: side("m-1", "RUNNING") };
  expect(observe(status).endpoint).toBeUndefined();
});

test("in disaggregated mode decoding replicas count, and missing workers are taken from them first", () => {
  const spec: Partial<ModelDeploymentSpec> = {
    serving: { mode: "disaggregated", prefill: { replicas: 2 }, decode: { replicas: 2 } },
  };
  const status = (workers: number): object => ({
    observedGeneration: 1,
    ...serving,
    activeServiceStatus: { ...side("m-1", "RUNNING"), rayClusterStatus: { readyWorkerReplicas: workers } },
  });
  expect(observe(status(4), 1, spec).replicas).toEqual({ desired: 2, ready: 2, available: 2 });
  expect(observe(status(3), 1, spec).replicas).toEqual({ desired: 2, ready: 1, available: 1 });
});

describe("without a RayService", () => {
  test("it is Pending, with what is asked for", () => {
    expect(kuberayStatus(aDeployment(two), [])).toMatchObject({
      phase: "Pending",
      reason: "ResourceMissing",
      replicas: { desired: 2, ready: 0, available: 0 },
    });
  });
  test("scaled to zero it runs", () => {
    expect(kuberayStatus(aDeployment({ serving: { replicas: 0 } }), [])).toMatchObject({
      phase: "Running",
      reason: "ScaledToZero",
    });
  });
});

test("a status that is none is not believed", () => {
  const status = {
    observedGeneration: 1,
    activeServiceStatus: { rayClusterName: 3, applicationStatuses: ["x"] },
    conditions: [null],
  };
  expect(observe(status)).toMatchObject({
    phase: "Deploying",
    replicas: { desired: 2, ready: 0, available: 0 },
  });
});
