/**
 * Everything a cluster needs that keeps our kinds as CRDs: the webhooks, and in one of the replicas the reconciler. The
 * same product as behind an APIService; only who stores the objects differs.
 */
import { Registry } from "@prometheus-io/client";
import type { GuardIdentities } from "../../admission/guard/identities.ts";
import type { ClusterConnection } from "../../cluster/connection.ts";
import { createFairTransport } from "../../cluster/fair-transport.ts";
import { createHttpTransport } from "../../cluster/http-transport.ts";
import { createRestClient } from "../../cluster/rest-client.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../server/http/logger.ts";
import { delegatedAuthorization } from "../aggregated/authorization.ts";
import type { CertificateFiles } from "../aggregated/certificates.ts";
import { certificateSource } from "../aggregated/certificates.ts";
import { Closing } from "../aggregated/closing.ts";
import { takePartInElection } from "../aggregated/leadership.ts";
import { programVersion } from "../commands/version.ts";
import { createProduct } from "../product.ts";
import { keepConversionTrust } from "./conversion-trust.ts";
import { startWebhooks } from "./start.ts";

export interface WebhookProcessOptions {
  readonly connection: ClusterConnection;
  /** Where lease and certificate are. */
  readonly namespace: string;
  /** The Service in front of the replicas. */
  readonly service: string;
  /** Unlike that of any other replica, now or ever. */
  readonly identity: string;
  readonly bindAddress: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly certificates?: CertificateFiles;
  /** PEM; where given, callers must show a certificate of these authorities. */
  readonly callerAuthorities?: string;
  readonly guard: GuardIdentities;
  /** False where another process reconciles. */
  readonly leads: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface WebhookProcess {
  readonly url: string;
  close(): Promise<void>;
}

/** Resolves when the webhooks answer; what was opened is closed again when that fails. */
export async function runWebhooks(options: WebhookProcessOptions): Promise<WebhookProcess> {
  const closing = new Closing();
  try {
    return await start(options, closing);
  } catch (error) {
    await closing.run();
    throw error;
  }
}

async function start(options: WebhookProcessOptions, closing: Closing): Promise<WebhookProcess> {
  const { clock, logger, namespace } = options;
  const random = Math.random;
  const metrics = new Registry();
  const transport = createFairTransport({
    transport: createHttpTransport(options.connection),
    clock,
    random,
  });
  closing.add(() => transport.close());
  const client = createRestClient({ transport, clock, userAgent: `hawsepipe/${programVersion()}` });
  const common = { client, clock, random, logger };
  const product = createProduct({ ...common, metrics });
  const { authorizer } = delegatedAuthorization(common);
  const certificates = certificateSource({
    ...common,
    namespace,
    service: options.service,
    ...(options.certificates === undefined ? {} : { files: options.certificates }),
  });
  await certificates.start();
  closing.add(() => {
    certificates.stop();
  });

  const state = { isReady: false };
  const webhooks = await startWebhooks({
    ...common,
    authorizer,
    plugins: product.plugins(authorizer),
    identities: options.guard,
    bindAddress: options.bindAddress,
    port: options.port,
    certificates,
    ...(options.callerAuthorities === undefined ? {} : { callerAuthorities: options.callerAuthorities }),
    metrics,
    isReady: () => state.isReady,
  });
  closing.add(() => webhooks.close());
  // After the server listens: reading our own kinds may need their conversion.
  await product.start();
  closing.add(() => product.stop());
  state.isReady = true;

  if (options.leads) {
    const candidacy = new AbortController();
    const election = takePartInElection({
      ...common,
      namespace,
      identity: options.identity,
      product,
      certificates,
      targets: {
        apiServices: [],
        mutatingWebhooks: ["hawsepipe"],
        validatingWebhooks: ["hawsepipe", "hawsepipe-guard"],
      },
      signal: candidacy.signal,
    });
    closing.add(async () => {
      candidacy.abort();
      await election;
    });
  }
  const trusting = new AbortController();
  const trust = keepConversionTrust({ ...common, certificates, signal: trusting.signal });
  closing.add(async () => {
    trusting.abort();
    await trust;
  });
  return { url: webhooks.url, close: () => closing.run() };
}
