import type { Clock } from "../../machinery/clock.ts";
import type { Authenticator } from "../../server/authn/authenticator.ts";
import { parseCertificatePool } from "../../server/authn/certificate-pool.ts";
import { clientCertificateAuthenticator } from "../../server/authn/client-certificate.ts";
import type { Authorizer, Decision } from "../../server/authz/authorizer.ts";
import { webhookPaths } from "./handlers.ts";

/** Who may call the webhooks. */
export interface Callers {
  /** PEM of the CAs whose certificates callers must show; empty where nobody has to show any. */
  readonly authorities: string;
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer;
}

export interface CallersOptions {
  /** PEM of the CAs whose certificates callers must show; kube-apiserver shows none unless it is told to. */
  readonly authorities?: string;
  /** Whether our kinds are CRDs of the cluster, so that it has them reviewed. */
  readonly reviewsKinds: boolean;
  readonly clock: Clock;
}

const allow: Decision = { decision: "Allow", reason: "" };
const noOpinion: Decision = { decision: "NoOpinion", reason: "" };

/** The group of whoever shows a certificate of the callers' CAs, whatever else they belong to. */
const callersGroup = "hawsepipe:webhook-callers";

/**
 * With CAs, reviews are taken from whoever has a certificate of theirs. Without, from everybody, but those of our kinds
 * only where the cluster needs them: they tell a caller who claims to be somebody what exists. Conversion is a function
 * of what is sent and gives nothing away, and kube-apiserver cannot show a certificate for it.
 */
export function webhookCallers({ authorities, reviewsKinds, clock }: CallersOptions): Callers {
  const { mutate, validate, guard, convert } = webhookPaths;
  const reviews = new Set<string>([mutate, validate, guard]);
  const open = new Set<string>([convert]);
  if (authorities === undefined) for (const path of reviewsKinds ? reviews : [guard]) open.add(path);
  return {
    authorities: authorities ?? "",
    authenticators: authorities === undefined ? [] : [callerAuthenticator(authorities, clock)],
    authorizer: {
      authorize({ isResourceRequest, path, user }) {
        if (isResourceRequest) return noOpinion;
        if (open.has(path)) return allow;
        return reviews.has(path) && user.groups.includes(callersGroup) ? allow : noOpinion;
      },
    },
  };
}

function callerAuthenticator(authorities: string, clock: Clock): Authenticator {
  const pool = parseCertificatePool(authorities);
  const certificates = clientCertificateAuthenticator(() => pool, clock);
  return {
    async authenticate(request) {
      const known = await certificates.authenticate(request);
      if (known === undefined) return undefined;
      const { user } = known;
      return { ...known, user: { ...user, groups: [...user.groups, callersGroup] } };
    },
  };
}
