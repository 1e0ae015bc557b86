import type { Static } from "typebox";
import type { ObjectMeta } from "../../meta/types.ts";
import type { llamaStackDistributionStatus } from "../status-parts.ts";
import type { llamaStackDistributionSpec } from "./schema.ts";

/** spec of a LlamaStackDistribution v1alpha2, in its canonical form. */
export type LlamaStackDistributionSpec = Static<typeof llamaStackDistributionSpec>;
/** status of a LlamaStackDistribution. */
export type LlamaStackDistributionStatus = Static<typeof llamaStackDistributionStatus>;

/** A LlamaStackDistribution of v1alpha2. */
export interface LlamaStackDistribution {
  apiVersion: "hawsepipe.dev/v1alpha2";
  kind: "LlamaStackDistribution";
  metadata: ObjectMeta;
  spec: LlamaStackDistributionSpec;
  status?: LlamaStackDistributionStatus;
}
