import type { ModelDeployment, ServingResources } from "../../api/modeldeployment/v1alpha2/types.ts";
import type { JsonObject } from "../../machinery/json/value.ts";
import { setKey } from "../../machinery/json/value.ts";
import type { Findings } from "../findings.ts";
import { isSet } from "../findings.ts";

/** The extended resource when none is named. */
export const defaultGpuType = "nvidia.com/gpu";

/** Accelerators of a replica. */
export const gpuCount = (resources: ServingResources | undefined): number => resources?.gpu?.count ?? 0;

/** Nodes a replica spans. */
export const nodeCount = (resources: ServingResources | undefined): number => resources?.gpu?.nodes ?? 1;

/**
 * Resources of the engine container, the same for every provider: accelerators and memory as limit and request, because
 * neither can be taken back from a running engine; CPU as request only, because a limit throttles token generation.
 */
export function containerResources(resources: ServingResources | undefined): JsonObject | undefined {
  const limits: JsonObject = {};
  const requests: JsonObject = {};
  const count = gpuCount(resources);
  if (count > 0) {
    const type = resources?.gpu?.type ?? defaultGpuType;
    setKey(limits, type, String(count));
    setKey(requests, type, String(count));
  }
  if (resources?.memory !== undefined) {
    limits["memory"] = text(resources.memory);
    requests["memory"] = text(resources.memory);
  }
  if (resources?.cpu !== undefined) requests["cpu"] = text(resources.cpu);
  if (Object.keys(requests).length === 0) return undefined;
  return Object.keys(limits).length === 0 ? { requests } : { limits, requests };
}

/** Default images are built for one maker's accelerators. */
export function warnOfImage(
  { spec }: ModelDeployment,
  resources: ServingResources | undefined,
  findings: Findings,
): void {
  const type = resources?.gpu?.type ?? defaultGpuType;
  if (gpuCount(resources) === 0 || type === defaultGpuType || isSet(spec.engine?.image)) return;
  findings.warnings.push(
    `spec.engine.image: the default image is built for ${defaultGpuType}; name one for ${type}`,
  );
}

/** Quantities may be written as numbers; the rendered resource says them as text. */
const text = (quantity: string | number): string => String(quantity);
