/** What only one replica does: reconciling, reporting providers, and telling the cluster which CA to trust. */
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import type { Client } from "../../cluster/client.ts";
import { runLeaderElection } from "../../cluster/leader-election.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../server/http/logger.ts";
import type { CertificateSource } from "../../server/tls/certificate-source.ts";
import type { AuthorityTargets } from "../../server/tls/publish-authorities.ts";
import { publishAuthorities } from "../../server/tls/publish-authorities.ts";
import { ownDefinitions, servedVersions } from "../aggregated/own-definitions.ts";
import type { Product } from "../product.ts";

export interface LeadershipOptions {
  /** The cluster. */
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly namespace: string;
  readonly identity: string;
  readonly product: Product;
  /** Kinds that are served beside our own. */
  readonly customKinds: readonly ResourceDefinition[];
  readonly certificates: CertificateSource;
  readonly signal: AbortSignal;
}

const retryMs = 2000;
const leaseName = "hawsepipe-leader";
/** Somebody may have applied manifests without the bundle over ours. */
const publishEveryMs = 60_000;
/** Until the bundle is there nobody reaches this server, so a failure is tried again soon. */
const publishAgainMs = 2000;

/** What carries the CA bundle clients of this server should trust, in whatever way our kinds are served. */
function authorityTargets(customKinds: readonly ResourceDefinition[]): AuthorityTargets {
  const versions = servedVersions([...ownDefinitions(), ...customKinds]);
  return {
    apiServices: versions.map(({ group, version }) => `${version}.${group}`),
    mutatingWebhooks: ["hawsepipe"],
    validatingWebhooks: ["hawsepipe", "hawsepipe-guard"],
  };
}

/** Leads until the signal aborts, without asking whether anybody else does; tries again when leading fails. */
export async function leadAlone(options: LeadershipOptions): Promise<void> {
  const { clock, logger, signal } = options;
  while (!signal.aborted) {
    const failed = new AbortController();
    try {
      await lead(options, AbortSignal.any([signal, failed.signal]));
    } catch (err) {
      failed.abort();
      logger.warn({ err }, "the reconciler could not be started and will be again");
      await new Promise<void>((resolve) => {
        const cancel = clock.setTimeout(resolve, retryMs);
        void aborted(signal).then(() => {
          cancel();
          resolve();
        });
      });
    }
  }
}

/** Takes part in the election until the signal aborts. */
export function takePartInElection(options: LeadershipOptions): Promise<void> {
  const { client, clock, random, logger, namespace, identity, signal } = options;
  return runLeaderElection({
    client,
    clock,
    random,
    namespace,
    name: leaseName,
    identity,
    signal,
    onNewLeader: (leader) => {
      logger.info({ leader, isSelf: leader === identity }, "there is a new leader");
    },
    onError: (err) => {
      logger.warn({ err }, "leader election failed and will be tried again");
    },
    lead: (until) => lead(options, until),
  });
}

async function lead(options: LeadershipOptions, until: AbortSignal): Promise<void> {
  const publishing = keepPublishing(options, until);
  const leading = await options.product.lead();
  try {
    await Promise.race([leading.begun, aborted(until)]);
    await aborted(until);
  } finally {
    await leading.stop();
  }
  await publishing;
}

/** Publishes the CA bundle now, when it changes, after a failure and now and then, until the signal aborts. */
export async function keepPublishing(
  options: Pick<LeadershipOptions, "client" | "clock" | "certificates" | "logger" | "customKinds">,
  until: AbortSignal,
): Promise<void> {
  const { client, clock, certificates, logger } = options;
  const targets = authorityTargets(options.customKinds);
  let wake = (): void => undefined;
  certificates.onChange(() => {
    wake();
  });
  while (!until.aborted) {
    const { authorities } = certificates.current;
    if (authorities === undefined) return;
    let next = publishEveryMs;
    try {
      await publishAuthorities(client, authorities, targets);
    } catch (err) {
      next = publishAgainMs;
      logger.warn({ err }, "the CA bundle could not be published and will be again");
    }
    await new Promise<void>((resolve) => {
      wake = resolve;
      const cancel = clock.setTimeout(resolve, next);
      until.addEventListener(
        "abort",
        () => {
          cancel();
          resolve();
        },
        { once: true },
      );
      if (until.aborted) resolve();
    });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener(
      "abort",
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
