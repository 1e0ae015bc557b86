/** What the server knows of the cluster it extends: whom to trust, which namespaces, webhooks and policies there are. */
import type { Client } from "../../cluster/client.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { HostNamespaces } from "../../server/admission/host-namespaces.ts";
import { followNamespaces } from "../../server/admission/host-namespaces.ts";
import type { PolicySource } from "../../server/admission/policies/source.ts";
import { followPolicies } from "../../server/admission/policies/source.ts";
import type { WebhookConfigurations } from "../../server/admission/webhooks/configurations.ts";
import { followWebhookConfigurations } from "../../server/admission/webhooks/configurations.ts";
import type { TrustFollower } from "../../server/authn/delegated/trust-follower.ts";
import { followTrust } from "../../server/authn/delegated/trust-follower.ts";
import type { HealthCheck } from "../../server/health/health.ts";
import type { Logger } from "../../server/http/logger.ts";

export interface HostOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface Host {
  readonly trust: TrustFollower;
  readonly namespaces: HostNamespaces;
  readonly webhooks: WebhookConfigurations;
  readonly policies: PolicySource;
  /** Resolves when all of it was read once. */
  readonly synced: Promise<void>;
  readonly checks: readonly HealthCheck[];
}

/** Starts to follow the cluster; ends when the signal aborts. */
export function followHost({ logger, ...options }: HostOptions): Host {
  const telling = (what: string) => ({
    ...options,
    onError: (err: unknown) => {
      logger.warn({ what, err }, "the cluster could not be followed; it will be tried again");
    },
  });
  const trust = followTrust(telling("trust"));
  const namespaces = followNamespaces(telling("namespaces"));
  const webhooks = followWebhookConfigurations(telling("webhook configurations"));
  const policies = followPolicies(telling("validating admission policies"));
  return {
    trust,
    namespaces,
    webhooks,
    policies,
    synced: Promise.all([
      trust.synced,
      namespaces.synced,
      webhooks.mutating.synced,
      webhooks.validating.synced,
      policies.synced,
    ]).then(() => undefined),
    checks: [
      {
        // Without it every request through the aggregator would be refused.
        name: "front-proxy-trust",
        check: () => {
          if (trust.current.requestHeader === undefined) {
            throw new Error("kube-system/extension-apiserver-authentication names no front proxy");
          }
        },
      },
    ],
  };
}
