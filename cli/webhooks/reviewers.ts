import { followEnforcement } from "../../admission/guard/enforcement.ts";
import type { Guard } from "../../admission/guard/guard.ts";
import { createGuard } from "../../admission/guard/guard.ts";
import type { GuardIdentities } from "../../admission/guard/identities.ts";
import { parentMetadataReader } from "../../admission/guard/parent.ts";
import { guardReviewer } from "../../admission/guard/review.ts";
import { mutatingReviewer } from "../../admission/review/mutate.ts";
import { parentReader } from "../../admission/review/parent.ts";
import { validatingReviewer } from "../../admission/review/validate.ts";
import type { Client } from "../../cluster/client.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { AdmissionPlugin } from "../../server/admission/plugin.ts";
import type { Authorizer } from "../../server/authz/authorizer.ts";
import type { Handler } from "../../server/http/api-request.ts";
import { ownDefinitions } from "../aggregated/own-definitions.ts";
import { askAuthorizer } from "../ask-authorizer.ts";
import type { Closing } from "../cluster/closing.ts";
import type { Reviewers } from "./handlers.ts";
import { webhookHandlers } from "./handlers.ts";

export interface WebhookOptions {
  /** The cluster the reviews come from. */
  readonly client: Client;
  /** Those of the aggregated server. */
  readonly plugins: readonly AdmissionPlugin[];
  readonly identities: GuardIdentities;
  /** Decides the right of breaking the guard's glass. */
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly random: () => number;
  readonly closing: Closing;
}

/** All webhooks by path. The guard follows the cluster until the process ends. */
export function webhookPathsOf(options: WebhookOptions): ReadonlyMap<string, Handler> {
  const following = new AbortController();
  options.closing.add(() => {
    following.abort();
  });
  const guard = createClusterGuard({ ...options, signal: following.signal });
  return webhookHandlers(createReviewers({ ...options, guard }), options.clock);
}

function createReviewers({
  client,
  plugins,
  guard,
}: Pick<WebhookOptions, "client" | "plugins"> & { readonly guard: Guard }): Reviewers {
  const definitions = ownDefinitions();
  return {
    mutate: mutatingReviewer({ definitions, plugins }),
    validate: validatingReviewer({ definitions, plugins, readParent: parentReader(client) }),
    guard: guardReviewer(guard),
  };
}

/** A guard that knows a cluster through its API; the signal ends following its namespaces. */
function createClusterGuard(options: WebhookOptions & { readonly signal: AbortSignal }): Guard {
  return createGuard({
    identities: options.identities,
    enforcementOf: followEnforcement(options),
    authorize: askAuthorizer(options.authorizer),
    readParent: parentMetadataReader(options.client),
  });
}
