import { followEnforcement } from "../../admission/guard/enforcement.ts";
import type { Guard } from "../../admission/guard/guard.ts";
import { createGuard } from "../../admission/guard/guard.ts";
import type { GuardIdentities } from "../../admission/guard/identities.ts";
import { parentMetadataReader } from "../../admission/guard/parent.ts";
import { guardReviewer } from "../../admission/guard/review.ts";
import type { Authorize } from "../../admission/options.ts";
import { mutatingReviewer } from "../../admission/review/mutate.ts";
import { parentReader } from "../../admission/review/parent.ts";
import { validatingReviewer } from "../../admission/review/validate.ts";
import { inferenceProviderDefinition } from "../../api/inferenceprovider/definition.ts";
import { modelDeploymentDefinition } from "../../api/modeldeployment/definition.ts";
import type { Client } from "../../cluster/client.ts";
import { modelDeploymentConverter } from "../../conversion/modeldeployment/converter.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { AdmissionPlugin } from "../../server/admission/plugin.ts";
import type { Authorizer } from "../../server/authz/authorizer.ts";
import type { Reviewers } from "./handlers.ts";

export interface ReviewersOptions {
  /** The cluster the reviews come from. */
  readonly client: Client;
  /** Those of the aggregated server. */
  readonly plugins: readonly AdmissionPlugin[];
  readonly guard: Guard;
}

/** The reviewers of all webhooks. */
export function createReviewers({ client, plugins, guard }: ReviewersOptions): Reviewers {
  const definitions = [modelDeploymentDefinition(modelDeploymentConverter), inferenceProviderDefinition()];
  return {
    mutate: mutatingReviewer({ definitions, plugins }),
    validate: validatingReviewer({ definitions, plugins, readParent: parentReader(client) }),
    guard: guardReviewer(guard),
  };
}

export interface ClusterGuardOptions {
  readonly client: Client;
  readonly identities: GuardIdentities;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly random: () => number;
  /** Ends following the namespaces. */
  readonly signal: AbortSignal;
}

/** A guard that knows a cluster through its API. */
export function createClusterGuard(options: ClusterGuardOptions): Guard {
  return createGuard({
    identities: options.identities,
    enforcementOf: followEnforcement(options),
    authorize: askAuthorizer(options.authorizer),
    readParent: parentMetadataReader(options.client),
  });
}

/** Admission's question as the server's authorizers take it. */
export const askAuthorizer =
  (authorizer: Authorizer): Authorize =>
  async (question) => {
    const { decision } = await authorizer.authorize({
      ...question,
      isResourceRequest: true,
      subresource: "",
      path: "",
    });
    return decision === "Allow";
  };
