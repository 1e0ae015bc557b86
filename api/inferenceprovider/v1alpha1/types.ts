import type { Static } from "typebox";
import type { ObjectMeta } from "../../meta/types.ts";
import type { inferenceProviderSpec, inferenceProviderStatus } from "./schema.ts";

/** spec of an InferenceProvider v1alpha1. */
export type InferenceProviderSpec = Static<typeof inferenceProviderSpec>;
/** status of an InferenceProvider v1alpha1. */
export type InferenceProviderStatus = Static<typeof inferenceProviderStatus>;
/** What a provider can do with one engine. */
export type EngineCapability = NonNullable<
  NonNullable<InferenceProviderSpec["capabilities"]>["engines"]
>[number];
/** One selection rule. */
export type SelectionRule = NonNullable<InferenceProviderSpec["selectionRules"]>[number];
/** What administrators allow on a provider. */
export type ProviderPolicy = NonNullable<InferenceProviderSpec["policy"]>;

/** An InferenceProvider of v1alpha1. */
export interface InferenceProvider {
  apiVersion: "hawsepipe.dev/v1alpha1";
  kind: "InferenceProvider";
  metadata: ObjectMeta;
  spec: InferenceProviderSpec;
  status?: InferenceProviderStatus;
}
