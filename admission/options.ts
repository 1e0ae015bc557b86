import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { UserInfo } from "../api/meta/user.ts";
import type { Ceilings } from "../api/modeldeployment/validation/ceilings.ts";
import type { Client } from "../cluster/client.ts";
import type { RuleError } from "./selection-rules.ts";

/** A right admission asks for beyond the verb of the request. */
export interface AccessQuestion {
  readonly user: UserInfo;
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Empty for cluster-scoped resources. */
  readonly namespace: string;
  readonly name: string;
}

/** Whether the user may; a thrown error means that nobody knows, and the request fails. */
export type Authorize = (question: AccessQuestion) => Promise<boolean>;

/** What the plugins for ModelDeployment need from outside. */
export interface ModelDeploymentAdmissionOptions {
  /** The host the resources are rendered for; absent offline: no reference checks, no dry run. */
  readonly client?: Client;
  /** All InferenceProviders, from a cache. */
  readonly listProviders: () => readonly InferenceProvider[] | Promise<readonly InferenceProvider[]>;
  /** Absent: every right is granted. */
  readonly authorize?: Authorize;
  /** Replaces single default ceilings; the policy of a provider replaces them again. */
  readonly ceilings?: Partial<Ceilings>;
  readonly now: () => Date;
  /** A provider whose last heartbeat is older is not ready; absent: 5 minutes. */
  readonly staleAfterMs?: number;
  /** Told the rules of a provider that failed during a selection; empty when all worked. */
  readonly onRuleErrors?: (provider: string, errors: readonly RuleError[]) => void;
}
