import type { EngineCapability, InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { EngineType, ModelDeployment, ServingMode } from "../api/modeldeployment/v1alpha2/types.ts";

/** Whether a deployment runs on accelerators; `any` when it says nothing about resources. */
export type Need = "gpu" | "cpu" | "any";

/** What a provider must be able to do for a deployment. */
export interface Demand {
  readonly mode: ServingMode;
  readonly need: Need;
}

/** What the spec asks for. */
export function demandOf({ spec }: ModelDeployment): Demand {
  const mode = spec.serving?.mode ?? "aggregated";
  return { mode, need: needOf(spec, mode) };
}

function needOf({ serving }: ModelDeployment["spec"], mode: ServingMode): Need {
  if (mode === "disaggregated") return "gpu";
  if (serving?.resources === undefined) return "any";
  return (serving.resources.gpu?.count ?? 0) > 0 ? "gpu" : "cpu";
}

/** The capability of a provider for an engine. */
export const capabilityOf = (provider: InferenceProvider, engine: EngineType): EngineCapability | undefined =>
  provider.spec.capabilities?.engines?.find(({ name }) => name === engine);

/** Whether the provider can serve the engine in this way. */
export function canServe(provider: InferenceProvider, engine: EngineType, demand: Demand): boolean {
  const capability = capabilityOf(provider, engine);
  if (capability === undefined || capability.servingModes?.includes(demand.mode) !== true) return false;
  const { gpuSupport = false, cpuSupport = false } = capability;
  switch (demand.need) {
    case "gpu":
      return gpuSupport;
    case "cpu":
      return cpuSupport;
    case "any":
      return gpuSupport || cpuSupport;
  }
}
