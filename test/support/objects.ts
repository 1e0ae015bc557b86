import type { KubeObject } from "../../api/meta/types.ts";

/** A small ModelDeployment of the hub version that the vLLM provider serves; spec fields are merged one level deep. */
export function aDeployment(
  name: string,
  spec: Readonly<Record<string, object>> = {},
  namespace = "default",
): KubeObject {
  const base: Record<string, object> = {
    model: { id: "Qwen/Qwen3-0.6B" },
    engine: { type: "vllm" },
    provider: { name: "vllm" },
    serving: { resources: { gpu: { count: 1 } } },
  };
  for (const [key, value] of Object.entries(spec)) base[key] = { ...base[key], ...value };
  return {
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "ModelDeployment",
    metadata: { name, namespace },
    spec: base,
  };
}
