/**
 * Runs admission plugins: those that may change the object one after another in their order, later those that may only
 * refuse. The first refusal ends the request.
 */
import type { AdmissionAttributes, AdmissionPlugin } from "./plugin.ts";

export interface AdmissionChain {
  /** Whether any plugin may change this object. */
  mutates(attributes: AdmissionAttributes): boolean;
  /** Before validation; the object may be changed. */
  admit(attributes: AdmissionAttributes): Promise<void>;
  /** Whether any plugin wants to see the validated object. */
  validates(attributes: AdmissionAttributes): boolean;
  /** After validation, before the object is stored. */
  validate(attributes: AdmissionAttributes): Promise<void>;
}

/** A chain of plugins in the order given. */
export function admissionChain(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  const mutating = plugins.filter((plugin) => plugin.admit !== undefined);
  const validating = plugins.filter((plugin) => plugin.validate !== undefined);
  return {
    mutates: (attributes) => mutating.some((plugin) => plugin.handles(attributes)),
    async admit(attributes) {
      for (const plugin of mutating) if (plugin.handles(attributes)) await plugin.admit?.(attributes);
    },
    validates: (attributes) => validating.some((plugin) => plugin.handles(attributes)),
    async validate(attributes) {
      for (const plugin of validating) if (plugin.handles(attributes)) await plugin.validate?.(attributes);
    },
  };
}
