import { describe, expect, test } from "vitest";
import type { KubeObject } from "../api/meta/types.ts";
import type { ModelDeploymentStatus } from "../api/modeldeployment/v1alpha2/types.ts";
import type { ProviderStatus } from "../transformers/transformer.ts";
import { withFreshness } from "./freshness.ts";
import { resourceKey, servesOf } from "../transformers/ownership.ts";
import type { Obstacle, PassResult } from "./status.ts";
import { statusOf, terminatingStatus } from "./status.ts";
import { aModelDeployment, applied } from "./testing/objects.ts";

const now = new Date("2026-01-01T00:04:00Z");
const widget: KubeObject = {
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name: "m" },
  spec: { selector: { matchLabels: { b: "2", a: "1" } } },
};
const live = applied(widget);
const running: ProviderStatus = {
  phase: "Running",
  message: "2 of 2 ready",
  reason: "DeploymentReady",
  replicas: { desired: 2, ready: 2, available: 2 },
  endpoint: { service: "m", port: 80 },
  isStale: false,
};

const result = (over: Partial<PassResult> = {}): PassResult => ({
  deployment: aModelDeployment(),
  now,
  rendered: { resources: [widget], warnings: [], unsupported: [], errors: [] },
  hash: "h",
  live: new Map([[resourceKey(widget), live]]),
  provider: running,
  obstacle: undefined,
  claims: new Map(),
  primaryKind: "Widget",
  ...over,
});

const conditionsOf = ({ conditions = [] }: ModelDeploymentStatus): Record<string, string> =>
  Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status}/${reason}`]));

const obstacle: Obstacle = { reason: "ApplyFailed", message: "no answer", isFinal: false };
const nothingThere = { live: new Map(), provider: undefined };

describe("phase and conditions", () => {
  const rows: readonly {
    readonly name: string;
    readonly over: Partial<PassResult>;
    readonly phase: string;
    readonly created: string;
    readonly ready: string;
  }[] = [
    {
      name: "all there and ready",
      over: {},
      phase: "Running",
      created: "True/ResourceCreated",
      ready: "True/DeploymentReady",
    },
    {
      name: "nothing there yet and the server does not answer",
      over: { ...nothingThere, obstacle },
      phase: "Pending",
      created: "False/ApplyFailed",
      ready: "False/ApplyFailed",
    },
    {
      name: "an update that waits leaves what runs running",
      over: { obstacle },
      phase: "Deploying",
      created: "False/ApplyFailed",
      ready: "True/DeploymentReady",
    },
    {
      name: "a refusal that needs a change",
      over: { ...nothingThere, obstacle: { ...obstacle, reason: "ApplyRefused", isFinal: true } },
      phase: "Failed",
      created: "False/ApplyRefused",
      ready: "False/ApplyRefused",
    },
    {
      name: "paused before anything was created",
      over: { ...nothingThere, deployment: aModelDeployment({}, { paused: true }) },
      phase: "Pending",
      created: "False/Paused",
      ready: "False/DeploymentInProgress",
    },
    {
      name: "an unknown provider",
      over: {
        ...nothingThere,
        rendered: undefined,
        obstacle: { ...obstacle, reason: "NoProvider", isFinal: true },
      },
      phase: "Failed",
      created: "False/NoProvider",
      ready: "False/NoProvider",
    },
  ];
  test.each(rows)("$name", ({ over, phase, created, ready }) => {
    const status = statusOf(result(over));
    expect(status.phase).toBe(phase);
    expect(conditionsOf(status)).toMatchObject({ ResourceCreated: created, Ready: ready });
  });

  test("with nothing to create, the provider's word counts and the message says so", () => {
    const off: ProviderStatus = {
      phase: "Running",
      message: "scaled to zero",
      reason: "ScaledToZero",
      replicas: { desired: 0, ready: 0, available: 0 },
      isStale: false,
    };
    const status = statusOf(
      result({
        ...nothingThere,
        provider: off,
        rendered: { resources: [], warnings: [], unsupported: [], errors: [] },
      }),
    );
    expect(status).toMatchObject({ phase: "Running", replicas: { desired: 0, ready: 0, available: 0 } });
    expect(conditionsOf(status)).toMatchObject({
      ResourceCreated: "True/ResourceCreated",
      Ready: "True/ScaledToZero",
    });
    const created = status.conditions?.find(({ type }) => type === "ResourceCreated");
    expect(created?.message).toBe("the provider needs no resources for this");
  });

  test("facts of the resources are passed on", () => {
    expect(statusOf(result())).toMatchObject({
      observedGeneration: 1,
      provider: { name: "p", resourceName: "m", resourceKind: "Widget" },
      replicas: running.replicas,
      endpoint: running.endpoint,
      selector: "a=1,b=2",
      rendered: {
        hash: "h",
        resources: [{ apiVersion: "example.com/v1", kind: "Widget", name: "m", uid: "uid-m" }],
      },
    });
  });

  test("a second pass over the same says exactly the same, later", () => {
    const first = statusOf(result());
    const deployment = { ...aModelDeployment(), status: first };
    expect(statusOf(result({ deployment, now: new Date("2026-02-01T00:00:00Z") }))).toEqual(first);
  });

  test("only a condition that changed gets a new transition time", () => {
    const deployment = { ...aModelDeployment(), status: statusOf(result()) };
    const later = new Date("2026-02-01T00:00:00Z");
    const failed: ProviderStatus = { ...running, phase: "Failed", reason: "DeploymentFailed" };
    const next = statusOf(result({ deployment, now: later, provider: failed }));
    const changed = next.conditions?.filter(({ lastTransitionTime }) =>
      lastTransitionTime.startsWith("2026-02"),
    );
    expect(changed?.map(({ type }) => type)).toEqual(["Ready"]);
  });

  test("a deployment that goes keeps what is known, and says what it waits for", () => {
    const status = statusOf(result());
    const deployment = { ...aModelDeployment({ generation: 2 }), status };
    expect(terminatingStatus(deployment, [live])).toEqual({
      ...status,
      phase: "Terminating",
      message: "waiting until gone: Widget m",
      observedGeneration: 2,
    });
  });
});

describe("an operator that has not looked at the newest spec", () => {
  const stale = { ...running, isStale: true };
  test("has five minutes", () => {
    expect(withFreshness(stale, live, now)).toEqual({
      status: stale,
      againAt: new Date("2026-01-01T00:05:00Z"),
    });
  });

  test("is not believed after that", () => {
    const { status, againAt } = withFreshness(stale, live, new Date("2026-01-01T00:05:00Z"));
    expect([status.phase, status.reason, againAt]).toEqual(["Deploying", "OperatorNotResponding", undefined]);
  });

  test("that looked is believed however long ago it was", () => {
    const late = new Date("2027-01-01T00:00:00Z");
    expect(withFreshness(running, live, late)).toEqual({ status: running });
  });
});

test("what still serves another model is not ready for this one, and says why", () => {
  const annotations = { "hawsepipe.dev/serves": servesOf(aModelDeployment()) };
  const old = { ...live, metadata: { ...live.metadata, annotations } };
  const downloading: Obstacle = { reason: "ModelDownloading", message: "Job j runs", isFinal: false };
  const statusFor = (id: string, over: Partial<PassResult> = {}): ModelDeploymentStatus =>
    statusOf(
      result({
        deployment: aModelDeployment({}, { model: { id } }),
        live: new Map([[resourceKey(widget), old]]),
        ...over,
      }),
    );
  expect(conditionsOf(statusFor("org/m"))["Ready"]).toBe("True/DeploymentReady");
  const changing = statusFor("org/next", { obstacle: downloading });
  expect([changing.phase, conditionsOf(changing)["Ready"]]).toEqual([
    "Deploying",
    "False/PreviousVersionServing",
  ]);
  expect(changing.conditions?.find(({ type }) => type === "Ready")?.message).toBe(
    "what was asked for before still serves: Job j runs",
  );
});
