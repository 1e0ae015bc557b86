/**
 * Runs admission plugins: those that may change the object one after another in their order, later those that may only
 * refuse. The first refusal ends the request.
 */
import type { AdmissionAttributes, AdmissionPlugin } from "./plugin.ts";

export interface AdmissionChain {
  /** Before validation; answers whether any plugin may have changed the object. */
  admit(attributes: AdmissionAttributes): Promise<boolean>;
  /** Whether any plugin wants to see the validated object. */
  validates(attributes: AdmissionAttributes): boolean;
  /** After validation, before the object is stored. */
  validate(attributes: AdmissionAttributes): Promise<void>;
}

/** A chain of plugins in the order given. */
export function admissionChain(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  const early = plugins.filter((plugin) => plugin.admit !== undefined);
  const validating = plugins.filter((plugin) => plugin.validate !== undefined);
  return {
    async admit(attributes) {
      let isChanged = false;
      for (const plugin of early) {
        if (!plugin.handles(attributes)) continue;
        await plugin.admit?.(attributes);
        isChanged ||= plugin.onlyRefuses !== true;
      }
      return isChanged;
    },
    validates: (attributes) => validating.some((plugin) => plugin.handles(attributes)),
    async validate(attributes) {
      for (const plugin of validating) if (plugin.handles(attributes)) await plugin.validate?.(attributes);
    },
  };
}
