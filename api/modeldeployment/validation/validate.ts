/**
 * Validation of ModelDeployment beyond its schema: what CEL rules cannot say. All functions take objects of the hub
 * version that are schema-valid and defaulted, are pure, and answer field errors with hub paths.
 */
import type { FieldError } from "../../../machinery/field/error.ts";
import type { ModelDeployment } from "../v1alpha2/types.ts";
import { validateArguments } from "./arguments.ts";
import type { Ceilings } from "./ceilings.ts";
import { defaultCeilings, validateCeilings } from "./ceilings.ts";
import type { Ban } from "./override-bans.ts";
import { overrideBansOf } from "./override-bans.ts";
import { validateIntent } from "./intent.ts";
import { validateOverrides } from "./overrides.ts";
import { validatePodCeilings } from "./pod-ceilings.ts";
import { validateQuantities } from "./quantities.ts";
import { validateStorage, validateStorageUpdate } from "./storage.ts";

export interface ValidationOptions {
  /** The stored object, on updates. */
  readonly old?: ModelDeployment | undefined;
  readonly ceilings?: Ceilings | undefined;
  /** What overrides must not touch in the resources of the providers there are; absent when there are none. */
  readonly overrideBans?: readonly Ban[];
}

/** Every problem of the object, by topic. */
export function validateModelDeployment(
  object: ModelDeployment,
  options: ValidationOptions = {},
): FieldError[] {
  const { ceilings = defaultCeilings } = options;
  return [
    ...validateQuantities(object),
    ...validateCeilings(object, ceilings),
    ...validatePodCeilings(object, ceilings),
    ...validateIntent(object),
    ...validateArguments(object),
    ...validateOverrides(object, options.overrideBans ?? overrideBansOf([])),
    ...validateStorage(object),
    ...(options.old === undefined ? [] : validateStorageUpdate(object, options.old)),
  ];
}
