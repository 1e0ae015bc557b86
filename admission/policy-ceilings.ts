import type { ProviderPolicy } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { Ceilings } from "../api/modeldeployment/validation/ceilings.ts";

/** The ceilings of a provider's policy, where it sets any. */
export function asCeilings(policy: ProviderPolicy["ceilings"]): Partial<Ceilings> {
  const { gpus, replicas, cpu, memory } = policy ?? {};
  return {
    ...(gpus === undefined ? {} : { gpus }),
    ...(replicas === undefined ? {} : { replicas }),
    ...(cpu === undefined ? {} : { cpu: String(cpu) }),
    ...(memory === undefined ? {} : { memory: String(memory) }),
  };
}
