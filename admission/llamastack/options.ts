import type { LlamaStackDistribution } from "../../api/llamastackdistribution/v1alpha2/types.ts";
import type { Client } from "../../cluster/client.ts";
import type { RenderFacts } from "../../transformers/llamastack/render/facts.ts";
import type { Resolution } from "../../transformers/llamastack/resolve.ts";
import type { Authorize } from "../options.ts";

/** What an administrator decides about references of LlamaStackDistributions. */
export interface LlamaStackPolicy {
  /** What becomes of an object that refers to something that does not exist. */
  readonly missingReferences: "Enforce" | "Warn";
  /** Whether Secrets are read to see if the keys that are named are in them; else only their metadata is. */
  readonly readsSecretKeys: boolean;
}

/** What is meant where nobody has decided anything. */
export const defaultLlamaStackPolicy: LlamaStackPolicy = {
  missingReferences: "Enforce",
  readsSecretKeys: false,
};

/** What the plugin for LlamaStackDistribution needs from outside. */
export interface LlamaStackAdmissionOptions {
  /** The host the resources are rendered for. */
  readonly client: Client;
  readonly authorize: Authorize;
  readonly policy: LlamaStackPolicy;
  /** Images and base configurations, as far as they are known without asking anybody. */
  readonly resolutionOf: (distribution: LlamaStackDistribution) => Resolution;
  /** What is the same for every distribution, as it is now. */
  readonly facts: () => RenderFacts;
}
