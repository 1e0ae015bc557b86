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
import type { UserInfo } from "../../api/meta/user.ts";
import type { Authorizer } from "../../server/authz/authorizer.ts";
import type { Authorization } from "../../server/generic-server.ts";
import type { Logger } from "../../server/http/logger.ts";

export interface DelegationOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Who makes a request: `first`, the front proxy's word, certificates, then tokens the cluster knows. */
export function delegatedAuthenticator(
  trust: TrustFollower,
  options: DelegationOptions,
  first: readonly Authenticator[] = [],
): Authenticator {
  return unionAuthenticator(
    [
      ...first,
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

/** The server's own parts, whose requests never leave the process. */
export interface OwnUser {
  readonly user: UserInfo;
  /** The group it may do everything in. */
  readonly group: string;
}

/**
 * What a request may do: the cluster is asked, but for those who may do everything and for health; `first` is asked
 * before the cluster.
 */
export function delegatedAuthorization(
  options: DelegationOptions,
  own?: OwnUser,
  first: readonly Authorizer[] = [],
): Authorization {
  const authorizer = unionAuthorizer(
    privilegedGroups("system:masters"),
    ...(own === undefined ? [] : [allowOwn(own)]),
    alwaysAllowPaths("/healthz", "/livez", "/readyz"),
    ...first,
    subjectAccessReviewAuthorizer(options),
  );
  // Lists of rules are the cluster's to answer; the kinds for it are not served here.
  const nothingKnown = { resourceRules: [], nonResourceRules: [], incomplete: true };
  return { authorizer, rules: { rulesFor: () => nothingKnown } };
}

/** Who has this name by a token of the cluster can change the records themselves, so this gives nobody anything. */
function allowOwn({ user, group }: OwnUser): Authorizer {
  return {
    authorize: (a) => ({
      decision: a.isResourceRequest && a.group === group && a.user.name === user.name ? "Allow" : "NoOpinion",
      reason: "",
    }),
  };
}
