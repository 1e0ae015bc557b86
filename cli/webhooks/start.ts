/**
 * A server of webhooks for a cluster that keeps our kinds as CRDs: review, conversion and guard. It stores nothing; the
 * cluster's API is both what calls it and what it reads.
 */
import { Registry } from "@prometheus-io/client";
import type { GuardIdentities } from "../../admission/guard/identities.ts";
import type { Client } from "../../cluster/client.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { AdmissionPlugin } from "../../server/admission/plugin.ts";
import { anonymousAuthenticator } from "../../server/authn/anonymous.ts";
import { parseCertificatePool } from "../../server/authn/certificate-pool.ts";
import { clientCertificateAuthenticator } from "../../server/authn/client-certificate.ts";
import { unionAuthenticator } from "../../server/authn/union.ts";
import type { Authorizer } from "../../server/authz/authorizer.ts";
import { alwaysAllowPaths, unionAuthorizer } from "../../server/authz/union.ts";
import { healthHandler, pingCheck } from "../../server/health/health.ts";
import type { Handler } from "../../server/http/api-request.ts";
import { createHandlerTable } from "../../server/http/handler-table.ts";
import type { Logger } from "../../server/http/logger.ts";
import { ApiServer } from "../../server/http/server.ts";
import { metricsHandler } from "../../server/metrics/metrics-handler.ts";
import type { CertificateSource } from "../../server/tls/certificate-source.ts";
import { allowCallers } from "./callers.ts";
import { webhookHandlers } from "./handlers.ts";
import { createClusterGuard, createReviewers } from "./reviewers.ts";

export interface WebhooksOptions {
  /** The cluster, with the rights of manifests/crd. */
  readonly client: Client;
  /** Decides the rights that go beyond the verb of a request, and that of breaking the guard's glass. */
  readonly authorizer: Authorizer;
  /** Those of the aggregated server. */
  readonly plugins: readonly AdmissionPlugin[];
  readonly identities: GuardIdentities;
  readonly bindAddress: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly certificates: CertificateSource;
  /** PEM. Where given, only callers with a certificate of these authorities may send reviews; else everybody may. */
  readonly callerAuthorities?: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics?: Registry;
  /** Beside ping, what `/readyz` waits for. */
  readonly isReady?: () => boolean;
}

export interface Webhooks {
  readonly url: string;
  close(): Promise<void>;
}

/** A page of 500 objects at once is converted in one review; objects themselves are at most 3 MiB. */
const bodyBytes = 256 * 1024 * 1024;
/** Each kube-apiserver limits what it has in flight; there may be several of them. */
const inFlight = 2000;

/** Resolves when the server listens. */
export async function startWebhooks(options: WebhooksOptions): Promise<Webhooks> {
  const { clock, logger, certificates, client } = options;
  const stopped = new AbortController();
  const metrics = options.metrics ?? new Registry();
  const guard = createClusterGuard({ ...options, signal: stopped.signal });
  const handlers = webhookHandlers(createReviewers({ client, plugins: options.plugins, guard }));
  const paths = new Map<string, Handler>([["/metrics", metricsHandler(metrics)], ...handlers]);
  const { callerAuthorities } = options;
  const pool = callerAuthorities === undefined ? undefined : parseCertificatePool(callerAuthorities);
  const api = new ApiServer({
    authenticator: unionAuthenticator(
      pool === undefined ? [] : [clientCertificateAuthenticator(() => pool, clock)],
      { anonymous: anonymousAuthenticator },
    ),
    authorizer: unionAuthorizer(
      alwaysAllowPaths("/healthz", "/livez", "/readyz"),
      allowCallers(pool !== undefined),
      options.authorizer,
    ),
    handlers: createHandlerTable({ paths }),
    limits: { bodyBytes, writesInFlight: inFlight },
    logger,
    clock,
    metrics,
  });
  const started = {
    name: "started",
    check: () => {
      if (options.isReady?.() === false) throw new Error("not everything that is needed has been read");
    },
  };
  paths.set("/healthz", healthHandler("healthz", [pingCheck], logger));
  paths.set("/livez", healthHandler("livez", [pingCheck], logger));
  paths.set("/readyz", healthHandler("readyz", [pingCheck, started, api.shutdownCheck], logger));

  const tls = () => ({
    cert: certificates.current.cert,
    key: certificates.current.key,
    ...(callerAuthorities === undefined ? {} : { ca: callerAuthorities }),
  });
  certificates.onChange(() => {
    api.setSecureContext(tls());
  });
  await api.listen({ host: options.bindAddress, port: options.port, tls: tls() });
  const host = options.bindAddress.includes(":") ? `[${options.bindAddress}]` : options.bindAddress;
  return {
    url: `https://${host}:${String(api.address?.port ?? options.port)}`,
    async close() {
      stopped.abort();
      await api.close();
    },
  };
}
