import { describe, expect, test } from "vitest";
import { aDeployment } from "../testing/deployments.ts";
import type { ProviderStatus } from "../transformer.ts";
import { kaitoStatus } from "./status.ts";

const condition = (type: string, status: string, message = "", observedGeneration?: number): object => ({
  type,
  status,
  message,
  ...(observedGeneration === undefined ? {} : { observedGeneration }),
});

const observe = (status: object | undefined, generation = 1): ProviderStatus =>
  kaitoStatus(aDeployment({ serving: { replicas: 2 } }), [
    {
      apiVersion: "kaito.sh/v1beta1",
      kind: "Workspace",
      name: "m",
      object: {
        apiVersion: "kaito.sh/v1beta1",
        kind: "Workspace",
        metadata: { name: "m", generation },
        resource: { count: 2 },
        ...(status === undefined ? {} : { status }),
      },
    },
  ]);

describe("status.state decides where there is one", () => {
  test.each<{ state: string; phase: string; ready: number }>([
    { state: "Ready", phase: "Running", ready: 2 },
    { state: "Succeeded", phase: "Running", ready: 2 },
    { state: "NotReady", phase: "Deploying", ready: 0 },
    { state: "Running", phase: "Deploying", ready: 0 },
    { state: "Failed", phase: "Failed", ready: 0 },
    { state: "Pending", phase: "Pending", ready: 0 },
    { state: "Dancing", phase: "Pending", ready: 0 },
  ])("$state is $phase", ({ state, phase, ready }) => {
    const status = observe({ state, conditions: [condition("WorkspaceSucceeded", "True")] });
    expect([status.phase, status.replicas]).toEqual([phase, { desired: 2, ready, available: ready }]);
    expect(status.message).not.toBe("");
  });

  test("an unknown state is named", () => {
    expect(observe({ state: "Dancing" }).message).toContain('"Dancing"');
  });
});

describe("conditions decide where there is no state", () => {
  test.each<{ says: string; conditions: object[]; phase: string }>([
    { says: "succeeded", conditions: [condition("WorkspaceSucceeded", "True")], phase: "Running" },
    { says: "not succeeded", conditions: [condition("WorkspaceSucceeded", "False", "no")], phase: "Failed" },
    {
      says: "nodes ready, inference not",
      conditions: [condition("ResourceReady", "True"), condition("InferenceReady", "False")],
      phase: "Deploying",
    },
    {
      says: "nodes ready, inference unknown",
      conditions: [condition("ResourceReady", "True")],
      phase: "Deploying",
    },
    { says: "nothing", conditions: [], phase: "Pending" },
  ])("$says: $phase", ({ conditions, phase }) => {
    expect(observe({ conditions }).phase).toBe(phase);
  });
});

describe("failure text is KAITO's own", () => {
  test.each<{ says: string; conditions: object[]; want: string }>([
    {
      says: "the summary first",
      conditions: [condition("ResourceReady", "False", "a"), condition("WorkspaceSucceeded", "False", "b")],
      want: "b",
    },
    {
      says: "else any condition",
      conditions: [condition("WorkspaceSucceeded", "False"), condition("ResourceReady", "False", "a")],
      want: "a",
    },
    { says: "else that there is none", conditions: [], want: "the Workspace failed and gives no reason" },
  ])("$says", ({ conditions, want }) => {
    expect(observe({ state: "Failed", conditions }).message).toBe(want);
  });
});

describe("freshness", () => {
  test.each<{ says: string; seen: number[]; isStale: boolean }>([
    { says: "every condition is older", seen: [1, 2], isStale: true },
    { says: "one condition is of this generation", seen: [1, 3], isStale: false },
  ])("$says", ({ seen, isStale }) => {
    const conditions = seen.map((generation, i) => condition(`C${String(i)}`, "True", "", generation));
    const status = observe({ state: "Ready", conditions }, 3);
    expect([status.isStale, status.phase]).toEqual([isStale, isStale ? "Deploying" : "Running"]);
    expect(status.replicas.ready).toBe(2);
    expect(status.reason).toBe(isStale ? "PreviousVersionServing" : "DeploymentReady");
  });

  test("what did not serve before is no previous version", () => {
    const conditions = [condition("WorkspaceSucceeded", "False", "", 1)];
    expect(observe({ state: "NotReady", conditions }, 3)).toMatchObject({
      reason: "DeploymentInProgress",
      replicas: { ready: 0 },
    });
  });

  test("an older KAITO, which has no state, leaves generations as they were", () => {
    const conditions = [condition("WorkspaceSucceeded", "True", "", 1)];
    const { isStale, phase } = observe({ conditions }, 3);
    expect([isStale, phase]).toEqual([false, "Running"]);
  });

  test("conditions without generations are believed", () => {
    expect(
      observe({ state: "Ready", conditions: [condition("WorkspaceSucceeded", "True")] }, 3).isStale,
    ).toBe(false);
  });
});

test("without a Workspace it is Pending, scaled to zero it runs", () => {
  const missing = (replicas: number): ProviderStatus =>
    kaitoStatus(aDeployment({ serving: { replicas } }), []);
  expect(missing(1)).toMatchObject({ phase: "Pending", replicas: { desired: 1 } });
  expect(missing(0)).toMatchObject({ phase: "Running", reason: "ScaledToZero", replicas: { desired: 0 } });
});

describe("the endpoint is KAITO's Service", () => {
  const inference = (status: string): object => condition("InferenceReady", status);
  test.each<{ says: string; status: object | undefined; isThere: boolean }>([
    { says: "not before KAITO has looked", status: undefined, isThere: false },
    {
      says: "not while nodes are missing",
      status: { state: "Pending", conditions: [condition("ResourceReady", "False"), inference("False")] },
      isThere: false,
    },
    { says: "once it serves", status: { state: "Ready" }, isThere: true },
    { says: "when what served is not ready", status: { state: "NotReady" }, isThere: true },
    {
      says: "not before an older KAITO has looked after the pods",
      status: { conditions: [condition("ResourceReady", "True")] },
      isThere: false,
    },
    {
      says: "once an older KAITO has looked after the pods",
      status: { conditions: [condition("ResourceReady", "True"), inference("False")] },
      isThere: true,
    },
  ])("$says", ({ status, isThere }) => {
    expect(observe(status).endpoint).toEqual(isThere ? { service: "m", port: 80 } : undefined);
  });
});
