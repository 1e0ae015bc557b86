import { describe, expect, test } from "vitest";
import type { InferenceProvider, InferenceProviderSpec } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { ModelDeployment, ModelDeploymentSpec } from "../api/modeldeployment/v1alpha2/types.ts";
import { failoverAnnotation } from "./failover.ts";
import { selectionReasons } from "./selection.ts";
import { admitted, aProvider, now, written } from "./testing/admission-rig.ts";

const before = (seconds: number): string =>
  new Date(now.getTime() - seconds * 1000).toISOString().replace(".000Z", "Z");

/** A provider that has not been ready for so long. */
function gone(name: string, seconds: number, spec: InferenceProviderSpec = {}): InferenceProvider {
  return {
    ...aProvider(name, spec),
    status: {
      ready: false,
      lastHeartbeat: before(0),
      conditions: [
        {
          type: "Ready",
          status: "False",
          reason: "OperatorNotFound",
          message: "no operator",
          lastTransitionTime: before(seconds),
        },
      ],
    },
  };
}

const serving = { replicas: 1, resources: { gpu: { count: 1, type: "nvidia.com/gpu" } } };
const spec = (over: Partial<ModelDeploymentSpec> = {}): Partial<ModelDeploymentSpec> => ({
  engine: { type: "vllm" },
  provider: { name: "kuberay", failover: true },
  serving: { mode: "aggregated", ...serving },
  ...over,
});

async function after(
  providers: readonly InferenceProvider[],
  over: Partial<ModelDeploymentSpec> = {},
  from = "kuberay",
): Promise<ModelDeployment> {
  const old = written(spec(over));
  const asked = { ...old, metadata: { ...old.metadata, annotations: { [failoverAnnotation]: from } } };
  const { object, errors } = await admitted(asked, { old, listProviders: () => providers });
  expect(errors).toEqual([]);
  return object;
}

describe("a deployment that is asked to leave its provider", () => {
  test.each<{
    says: string;
    providers: InferenceProvider[];
    over?: Partial<ModelDeploymentSpec>;
    from?: string;
    want: string;
  }>([
    {
      says: "goes to the best that is ready",
      providers: [gone("kuberay", 301), aProvider("vllm"), aProvider("llmd")],
      want: "llmd",
    },
    {
      says: "stays for the grace time",
      providers: [gone("kuberay", 299), aProvider("vllm")],
      want: "kuberay",
    },
    {
      says: "goes by the grace time of the provider",
      providers: [gone("kuberay", 20, { failoverAfterSeconds: 10 }), aProvider("vllm")],
      want: "vllm",
    },
    {
      says: "stays while it is ready",
      providers: [aProvider("kuberay"), aProvider("vllm")],
      want: "kuberay",
    },
    {
      says: "does not go without being willing",
      providers: [gone("kuberay", 301), aProvider("vllm")],
      over: { provider: { name: "kuberay" } },
      want: "kuberay",
    },
    {
      says: "does not go to one that is restricted",
      providers: [gone("kuberay", 301), aProvider("vllm", { restricted: true })],
      want: "kuberay",
    },
    {
      says: "does not go where it would be refused",
      providers: [gone("kuberay", 301), aProvider("vllm", { policy: { allowedImages: ["ours/"] } })],
      over: { engine: { type: "vllm", image: "theirs/vllm:1" } },
      want: "kuberay",
    },
    {
      says: "does not go when another was meant",
      providers: [gone("kuberay", 301), aProvider("vllm")],
      from: "kaito",
      want: "kuberay",
    },
  ])("$says", async ({ providers, over, from, want }) => {
    expect((await after(providers, over, from)).spec.provider?.name).toBe(want);
  });

  test("says why, and keeps the engine", async () => {
    const object = await after([gone("kuberay", 301), aProvider("vllm")]);
    expect(object.spec.engine?.type).toBe("vllm");
    expect(selectionReasons(object).providerReason).toBe(
      "took over from kuberay, because it is not ready: no operator; the only ready provider that can serve vllm",
    );
  });
});
