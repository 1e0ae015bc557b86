import { expect, test } from "vitest";
import { aDeployment } from "../../../transformers/testing/deployments.ts";
import type { ModelDeploymentSpec } from "../v1alpha2/types.ts";
import { validateModelDeployment } from "./validate.ts";

test.each<{ says: string; spec: Partial<ModelDeploymentSpec>; path: string; instead: string }>([
  {
    says: "autoscaling",
    spec: { autoscaling: { minReplicas: 1 } },
    path: "spec.autoscaling",
    instead: "HorizontalPodAutoscaler",
  },
  {
    says: "LoRA",
    spec: { model: { id: "a/b", lora: { adapters: [] } } },
    path: "spec.model.lora",
    instead: "--lora-modules",
  },
  {
    says: "failover where nothing may be replaced",
    spec: { provider: { name: "vllm", failover: true }, updatePolicy: "Reject" },
    path: "spec.provider.failover",
    instead: "updatePolicy Reject",
  },
])("$says is refused with what to do instead", ({ spec, path, instead }) => {
  const errors = validateModelDeployment(aDeployment(spec));
  expect(errors.map((error) => error.path)).toEqual([path]);
  expect(errors[0]?.detail).toContain(instead);
});
