import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../api/meta/types.ts";
import type { ModelDeploymentSpec } from "../../api/modeldeployment/v1alpha2/types.ts";
import { aDeployment } from "../testing/deployments.ts";
import type { ProviderStatus } from "../transformer.ts";
import { dynamoStatus } from "./status.ts";

const two: Partial<ModelDeploymentSpec> = { serving: { replicas: 2 } };

/** What Dynamo writes about a component. */
const part = (replicas: number, ready: number, updated = replicas): object => ({
  componentKind: "Deployment",
  componentName: "x",
  replicas,
  updatedReplicas: updated,
  readyReplicas: ready,
  availableReplicas: ready,
});
const frontend = part(1, 1);
const ready = (message: string): object => ({
  type: "Ready",
  status: "False",
  reason: "some_resources_are_not_ready",
  message,
});

function observe(status: object | undefined, spec = two, generation = 1): ProviderStatus {
  const object = {
    apiVersion: "nvidia.com/v1beta1",
    kind: "DynamoGraphDeployment",
    metadata: { name: "m", generation },
    spec: {},
    ...(status === undefined ? {} : { status }),
  } as unknown as KubeObject;
  const { apiVersion, kind } = object;
  return dynamoStatus(aDeployment(spec), [{ apiVersion, kind, name: "m", object }]);
}

/** Statuses one after the other, as Dynamo writes them, and what a user sees. */
interface Step {
  readonly says: string;
  readonly status?: object;
  readonly generation?: number;
  readonly want: Partial<ProviderStatus>;
}

describe.each(["services", "components"])("a graph whose parts are called %s", (field) => {
  const parts = (worker: object): object => ({ [field]: { Frontend: frontend, VllmWorker: worker } });
  const sequences: Readonly<Record<string, readonly Step[]>> = {
    "that comes up": [
      {
        says: "nobody has looked at",
        want: { phase: "Deploying", reason: "DeploymentInProgress", isStale: true },
      },
      {
        says: "is new",
        status: { state: "initializing", observedGeneration: 1 },
        want: { phase: "Deploying", reason: "DeploymentInProgress", isStale: false },
      },
      {
        says: "waits for pods, in Dynamo's words",
        status: {
          state: "pending",
          observedGeneration: 1,
          conditions: [ready("Resources not ready: m: podclique/m-0-vllmworker: desired=2, ready=1")],
          ...parts(part(2, 1)),
        },
        want: {
          phase: "Deploying",
          reason: "DeploymentInProgress",
          message: "Resources not ready: m: podclique/m-0-vllmworker: desired=2, ready=1",
          replicas: { desired: 2, ready: 1, available: 1 },
        },
      },
      {
        says: "is complete",
        status: { state: "successful", observedGeneration: 1, ...parts(part(2, 2)) },
        want: {
          phase: "Running",
          reason: "DeploymentReady",
          message: "2 of 2 replicas of VllmWorker are ready",
          replicas: { desired: 2, ready: 2, available: 2 },
          endpoint: { service: "m-frontend", port: 8000 },
        },
      },
    ],
    "that is changed": [
      {
        says: "has not been looked at, but serves",
        generation: 2,
        status: { state: "successful", observedGeneration: 1, ...parts(part(2, 2)) },
        want: { phase: "Deploying", reason: "PreviousVersionServing", isStale: true },
      },
      {
        says: "is called successful while old pods answer",
        generation: 2,
        status: { state: "successful", observedGeneration: 2, ...parts(part(3, 2, 1)) },
        want: {
          phase: "Deploying",
          reason: "PreviousVersionServing",
          message: "2 of 2 replicas of VllmWorker are ready, 1 run the newest spec",
        },
      },
      {
        says: "is rolled out",
        generation: 2,
        status: {
          state: "pending",
          observedGeneration: 2,
          rollingUpdate: { phase: "InProgress" },
          conditions: [ready("rolling")],
          ...parts(part(3, 2, 1)),
        },
        want: { phase: "Deploying", reason: "PreviousVersionServing", message: "rolling" },
      },
      {
        says: "fails while the old pods still answer",
        generation: 2,
        status: {
          state: "failed",
          observedGeneration: 2,
          conditions: [ready("no such image")],
          ...parts(part(2, 2, 0)),
        },
        want: { phase: "Failed", reason: "UpdateFailed", message: "no such image" },
      },
    ],
    "that fails": [
      {
        says: "gives the reason",
        status: {
          state: "failed",
          observedGeneration: 1,
          conditions: [{ type: "Other", status: "False", message: "other" }, ready("no EPP config")],
        },
        want: { phase: "Failed", reason: "DeploymentFailed", message: "no EPP config" },
      },
      {
        says: "gives that of another condition",
        status: { state: "failed", conditions: [{ type: "Other", status: "False", message: "other" }] },
        want: { phase: "Failed", message: "other" },
      },
      {
        says: "gives none",
        status: { state: "failed", observedGeneration: 1 },
        want: { phase: "Failed", message: "Dynamo failed and gives no reason" },
      },
      {
        says: "recovers",
        status: { state: "successful", observedGeneration: 1, ...parts(part(2, 2)) },
        want: { phase: "Running" },
      },
      {
        says: "loses a pod",
        status: { state: "pending", observedGeneration: 1, ...parts(part(2, 1)) },
        want: {
          phase: "Deploying",
          reason: "DeploymentInProgress",
          message: "1 of 2 replicas of VllmWorker are ready",
        },
      },
    ],
  };
  describe.each(Object.entries(sequences))("%s", (_name, steps) => {
    test.each(steps)("$says", ({ status, generation, want }) => {
      expect(observe(status, two, generation)).toMatchObject(want);
    });
  });
});

test("a picker and frontends are no replicas, and without a frontend there is no address", () => {
  const services = { Epp: part(1, 1), VllmWorker: part(2, 0) };
  const status = observe({ state: "pending", observedGeneration: 1, services });
  expect(status).toMatchObject({ phase: "Deploying", replicas: { desired: 2, ready: 0 } });
  expect(status.endpoint).toBeUndefined();
});

describe("in disaggregated mode", () => {
  const spec: Partial<ModelDeploymentSpec> = {
    serving: { mode: "disaggregated", prefill: { replicas: 1 }, decode: { replicas: 2 } },
  };
  const parts = (prefill: object, decode: object): object => ({
    state: "successful",
    observedGeneration: 1,
    services: { Frontend: frontend, VllmPrefillWorker: prefill, VllmDecodeWorker: decode },
  });
  test("decoding replicas count, and both kinds have to be there", () => {
    expect(observe(parts(part(1, 1), part(2, 2)), spec)).toMatchObject({
      phase: "Running",
      replicas: { desired: 2, ready: 2, available: 2 },
    });
    expect(observe(parts(part(1, 0), part(2, 2)), spec)).toMatchObject({
      phase: "Deploying",
      reason: "DeploymentInProgress",
      message:
        "2 of 2 replicas of VllmDecodeWorker are ready; 0 of 1 replicas of VllmPrefillWorker are ready",
    });
  });
});

test("scaled to zero it runs once nothing is left", () => {
  const zero: Partial<ModelDeploymentSpec> = { serving: { replicas: 0 } };
  const with0 = (worker: object): object => ({
    state: "successful",
    observedGeneration: 1,
    services: { VllmWorker: worker },
  });
  expect(observe(with0(part(0, 0)), zero)).toMatchObject({
    phase: "Running",
    reason: "ScaledToZero",
    replicas: { desired: 0, ready: 0, available: 0 },
  });
  expect(observe(with0(part(1, 1)), zero)).toMatchObject({ phase: "Deploying" });
});

test("a graph that is missing is Pending, with what is asked for", () => {
  const status = dynamoStatus(aDeployment(two), []);
  expect(status).toMatchObject({
    phase: "Pending",
    reason: "ResourceMissing",
    replicas: { desired: 2, ready: 0, available: 0 },
  });
  expect(status.endpoint).toBeUndefined();
});

test("a status that is none is not believed", () => {
  expect(observe({ state: 7, services: ["x"], conditions: ["x", null] })).toMatchObject({
    phase: "Pending",
    replicas: { desired: 2, ready: 0, available: 0 },
  });
});
