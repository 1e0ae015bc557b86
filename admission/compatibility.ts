import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { FieldError } from "../machinery/field/error.ts";
import { invalid } from "../machinery/field/error.ts";
import { capabilityOf, demandOf } from "./capabilities.ts";

/** Whether the provider can serve the engine in the mode and on the hardware asked for. Hub paths. */
export function validateCompatibility(object: ModelDeployment, provider: InferenceProvider): FieldError[] {
  const engine = object.spec.engine?.type;
  if (engine === undefined) return [];
  const name = provider.metadata.name ?? "";
  const capability = capabilityOf(provider, engine);
  if (capability === undefined) {
    const engines = provider.spec.capabilities?.engines?.map((e) => e.name) ?? [];
    const can = engines.length === 0 ? "serves no engine" : `serves ${engines.join(", ")}`;
    return [invalid("spec.engine.type", engine, `provider ${name} ${can}`)];
  }
  const { mode, need } = demandOf(object);
  const modes = capability.servingModes ?? [];
  if (!modes.includes(mode)) {
    const can = modes.length === 0 ? "in no mode" : `in mode ${modes.join(" or ")} only`;
    return [invalid("spec.serving.mode", mode, `provider ${name} serves ${engine} ${can}`)];
  }
  const count = object.spec.serving?.resources?.gpu?.count ?? 0;
  const at = "spec.serving.resources.gpu.count";
  if (need !== "gpu" && capability.cpuSupport !== true) {
    return [invalid(at, count, `provider ${name} serves ${engine} on accelerators only`)];
  }
  if (need === "gpu" && capability.gpuSupport !== true) {
    return [invalid(at, count, `provider ${name} serves ${engine} without accelerators only`)];
  }
  return [];
}
