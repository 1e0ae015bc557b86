import { describe, expect, test } from "vitest";
import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import type { Resolution } from "../../transformers/llamastack/resolve.ts";
import { deploymentStatus } from "../../transformers/pod/deployment-status.ts";
import { generate } from "./generation.ts";
import type { LlamaStackResult } from "./result.ts";
import { statusOf } from "./status.ts";

const distribution: LlamaStackDistribution = {
  apiVersion: "hawsepipe.dev/v1alpha2",
  kind: "LlamaStackDistribution",
  metadata: { name: "s", namespace: "default", uid: "u", generation: 1 },
  spec: { distribution: { name: "starter" }, disabled: ["eval"], workload: { replicas: 3 } },
};

/** What a pass finds whose Deployment is to have three replicas and says this of them. */
function passWith(counts: JsonObject | undefined, more: Partial<LlamaStackResult> = {}): LlamaStackResult {
  const deployment =
    counts === undefined
      ? undefined
      : { metadata: { generation: 2 }, spec: { replicas: 3 }, status: { observedGeneration: 2, ...counts } };
  const found = { facts: {}, errors: [] };
  return {
    ...{ distribution, now: new Date(0), operatorVersion: "1", secretCount: 0, missingSecrets: [] },
    ...{ isHeldBack: false, existing: [] },
    generation: generate(distribution, found, { resolution: {}, operatorVersion: "1" }).generation,
    serving: deploymentStatus(deployment, 3, []),
    ...more,
  };
}

describe("how far a distribution is", () => {
  const full = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
  const failed = {
    type: "Progressing",
    status: "False",
    reason: "ProgressDeadlineExceeded",
    message: "timed out",
  };
  test.each<{ says: string; counts: JsonObject | undefined; want: string[]; message: string }>([
    {
      says: "without a Deployment it is pending",
      counts: undefined,
      want: ["Pending", "Available=False/ReplicasUnavailable", "DeploymentReady=False/DeploymentPending"],
      message: "0 of 3 replicas are available; the Deployment does not exist yet",
    },
    {
      says: "without a pod that answers it is unavailable",
      counts: { replicas: 3, updatedReplicas: 3 },
      want: [
        "Initializing",
        "Available=False/ReplicasUnavailable",
        "DeploymentReady=False/DeploymentPending",
      ],
      message: "0 of 3 replicas are available; 0 of 3 replicas are ready",
    },
    {
      says: "with some of them its rollout is in progress",
      counts: { ...full, updatedReplicas: 1, availableReplicas: 2, readyReplicas: 2 },
      want: ["Initializing", "Available=False/RolloutInProgress", "DeploymentReady=False/DeploymentPending"],
      message: "2 of 3 replicas are available; 2 of 3 replicas are ready, 1 run the newest spec",
    },
    {
      says: "with all of an older spec it is available and not ready",
      counts: { ...full, updatedReplicas: 1 },
      want: [
        "Initializing",
        "Available=True/MinimumReplicasAvailable",
        "DeploymentReady=False/DeploymentPending",
      ],
      message: "3 of 3 replicas are available",
    },
    {
      says: "with all of the newest it is ready",
      counts: full,
      want: ["Ready", "Available=True/MinimumReplicasAvailable", "DeploymentReady=True/DeploymentReady"],
      message: "3 of 3 replicas are available",
    },
    {
      says: "a rollout that gave up with some of them is a failure, not progress",
      counts: { ...full, readyReplicas: 1, availableReplicas: 1, conditions: [failed] },
      want: ["Failed", "Available=False/ReplicasUnavailable", "DeploymentReady=False/DeploymentFailed"],
      message: "1 of 3 replicas are available; timed out",
    },
  ])("$says", ({ counts, want, message }) => {
    const { phase, conditions = [] } = statusOf(passWith(counts));
    const shown = conditions
      .filter(({ type }) => type === "Available" || type === "DeploymentReady")
      .map(({ type, status, reason }) => `${type}=${status}/${reason}`);
    expect([phase, ...shown]).toEqual(want);
    expect(conditions.find(({ type }) => type === "Available")?.message).toBe(message);
  });

  test("the last words of a container that cannot use a database URL are those of the condition", () => {
    const words =
      "spec.storage.sql.connectionString: Unsupported value: sslmode must be one of disable, allow, prefer, require";
    const status = {
      name: "llama-stack",
      state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s" } },
      lastState: { terminated: { exitCode: 1, reason: "Error", message: words } },
    };
    const object = { metadata: { name: "s-1" }, status: { containerStatuses: [status] } };
    const pod = { apiVersion: "v1", kind: "Pod", name: "s-1", object: object as unknown as KubeObject };
    const counts = { replicas: 3, updatedReplicas: 3 };
    const deployment = { spec: { replicas: 3 }, status: counts };
    const { conditions = [] } = statusOf(
      passWith(counts, { serving: deploymentStatus(deployment, 3, [pod]) }),
    );
    expect(conditions.find(({ type }) => type === "Available")?.message).toBe(
      `0 of 3 replicas are available; pod s-1: container llama-stack keeps ending with exit code 1 (Error): ${words}`,
    );
  });

  test("the kubelet's words about a key that is missing are those of the condition", () => {
    const missingKey = "couldn't find key token in Secret default/key-of-a";
    const { conditions = [] } = statusOf(passWith(full, { missingKey }));
    expect(conditions.find(({ type }) => type === "SecretsResolved")).toMatchObject({
      status: "False",
      reason: "SecretKeyMissing",
      message: missingKey,
    });
  });
});

describe("what was noticed while a configuration was generated", () => {
  const messageWith = (spec: object, resolution: Resolution = {}): string => {
    const changed = { ...distribution, spec: { ...distribution.spec, ...spec } };
    const found = { facts: {}, errors: [] };
    const { generation } = generate(changed, found, { resolution, operatorVersion: "1" });
    const { conditions } = statusOf({ ...passWith(undefined), distribution: changed, generation });
    return conditions?.find(({ type }) => type === "ConfigGenerated")?.message ?? "";
  };

  test("is told with it, every warning of the renderer among it", () => {
    const expose = { networking: { expose: { enabled: true } } };
    const inference = [{ id: "a", provider: "vllm", endpoint: "http://a/v1", settings: { base_url: "x" } }];
    expect(messageWith({ ...expose, providers: { inference } })).toMatch(
      /configuration version 2; 2 warnings: spec\.providers\.inference\[0\]\.settings\.base_url .*; spec\.networking\.expose/,
    );
  });

  test("is told when it shows only once an image has been read", () => {
    const image = "registry.example/house:1";
    const provided = {
      api: "inference",
      providerType: "remote::house",
      packageName: "house",
      wheel: "/lls-provider/packages/house.whl",
    };
    const spec = {
      providers: { inference: [{ id: "a", provider: "vllm", endpoint: "http://a/v1" }] },
      externalProviders: { inference: [{ providerId: "a", image }] },
    };
    expect(
      messageWith(spec, { external: { packages: new Map([[image, provided]]), problems: new Map() } }),
    ).toMatch(
      /; 1 warning: .*external provider a \(registry\.example\/house:1\) replaces the inference provider of type remote::vllm with one of type remote::house$/,
    );
  });

  test("is told where nothing is generated, too", () => {
    const message = messageWith({
      overrideConfig: { configMapName: "mine" },
      networking: { expose: { enabled: true } },
    });
    expect(message).toMatch(/^spec\.overrideConfig is used as it is; 1 warning: /);
  });

  test("is nothing where there is nothing", () => {
    expect(messageWith({})).not.toContain("warning");
  });
});
