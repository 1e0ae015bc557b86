import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import { neededVariables } from "../config/variables.ts";
import { embeddedBase } from "../distributions/registry.ts";
import type { Release } from "./deployment.ts";

/**
 * A warning for the variables without which the server does not start and which are not among those it is given. The
 * image's own configuration is taken to refer to those that the one we have for its distribution refers to.
 */
export function unsetVariables(
  { spec }: LlamaStackDistribution,
  { generated, config }: Release,
  given: ReadonlySet<string>,
): readonly string[] {
  const name = spec.distribution.image === undefined ? spec.distribution.name : undefined;
  const base = config === undefined && name !== undefined ? embeddedBase(name) : undefined;
  const needed = generated?.needs ?? (base === undefined ? [] : neededVariables(base.config, given));
  const unset = needed.filter((variable) => !given.has(variable));
  return unset.length === 0
    ? []
    : [
        `spec.workload.overrides.env: the server's configuration refers to ${unset.join(", ")}; ` +
          "the server does not start without it, unless its image sets it",
      ];
}
