import type { Client } from "../../cluster/client.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { TrustFollower } from "../../server/authn/delegated/trust-follower.ts";
import { anonymousAuthenticator } from "../../server/authn/anonymous.ts";
import type { Authenticator } from "../../server/authn/authenticator.ts";
import { clientCertificateAuthenticator } from "../../server/authn/client-certificate.ts";
import { tokenReviewAuthenticator } from "../../server/authn/delegated/token-review.ts";
import { requestHeaderAuthenticator } from "../../server/authn/request-header.ts";
import { unionAuthenticator } from "../../server/authn/union.ts";
import { subjectAccessReviewAuthorizer } from "../../server/authz/delegated/subject-access-review.ts";
import { alwaysAllowPaths, privilegedGroups, unionAuthorizer } from "../../server/authz/union.ts";
import type { Authorization } from "../../server/generic-server.ts";
import type { Logger } from "../../server/http/logger.ts";
import { webhookPaths } from "../webhooks/handlers.ts";

export interface DelegationOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Who makes a request: the front proxy's word first, then certificates, then tokens the cluster knows. */
export function delegatedAuthenticator(trust: TrustFollower, options: DelegationOptions): Authenticator {
  return unionAuthenticator(
    [
      requestHeaderAuthenticator(() => trust.current.requestHeader, options.clock),
      clientCertificateAuthenticator(() => trust.current.clientCA, options.clock),
      tokenReviewAuthenticator(options),
    ],
    {
      anonymous: anonymousAuthenticator,
      onRefused: (err) => {
        options.logger.info({ err }, "a credential was refused");
      },
    },
  );
}

/** What a request may do: the cluster is asked, but for those who may do everything and for health. */
export function delegatedAuthorization(options: DelegationOptions): Authorization {
  const authorizer = unionAuthorizer(
    privilegedGroups("system:masters"),
    // kube-apiserver shows webhooks no credentials; the guard changes nothing and tells what any write would be told.
    alwaysAllowPaths("/healthz", "/livez", "/readyz", webhookPaths.guard),
    subjectAccessReviewAuthorizer(options),
  );
  // Lists of rules are the cluster's to answer; the kinds for it are not served here.
  const nothingKnown = { resourceRules: [], nonResourceRules: [], incomplete: true };
  return { authorizer, rules: { rulesFor: () => nothingKnown } };
}
