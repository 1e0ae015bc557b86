/**
 * A process that works for a cluster, in any subset of the roles. With the api role it answers for our kinds itself;
 * without it reaches them through the cluster's API, whoever serves them there: another process, or CRDs. What was opened
 * is closed in the reverse order.
 */
import { performance } from "node:perf_hooks";
import { Registry } from "@prometheus-io/client";
import type { GuardIdentities } from "../../admission/guard/identities.ts";
import type { LlamaStackPolicy } from "../../admission/llamastack/options.ts";
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import type { Client } from "../../cluster/client.ts";
import type { ClusterConnection } from "../../cluster/connection.ts";
import { createFairTransport } from "../../cluster/fair-transport.ts";
import { createHttpTransport } from "../../cluster/http-transport.ts";
import { createRestClient } from "../../cluster/rest-client.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../server/http/logger.ts";
import { measureEventLoop } from "../../server/metrics/event-loop-metrics.ts";
import type { CertificateSource } from "../../server/tls/certificate-source.ts";
import { servingContext } from "../../server/tls/serving-context.ts";
import { openApiFront } from "../aggregated/front.ts";
import { programVersion } from "../commands/version.ts";
import type { Product } from "../product.ts";
import { webhookCallers } from "../webhooks/callers.ts";
import { keepConversionTrust } from "../webhooks/conversion-trust.ts";
import { openWebhookFront } from "../webhooks/front.ts";
import type { CertificateFiles } from "./certificates.ts";
import { certificateSource } from "./certificates.ts";
import { Closing } from "./closing.ts";
import type { Front, Surroundings } from "./front.ts";
import { leadAlone, takePartInElection } from "./leadership.ts";
import type { Role } from "./roles.ts";
import type { Storage } from "./store.ts";
import { openStorage } from "./store.ts";

export interface ClusterServerOptions {
  readonly connection: ClusterConnection;
  readonly roles: ReadonlySet<Role>;
  /** Kinds that are served beside our own. */
  readonly customKinds: readonly ResourceDefinition[];
  /** Where the api role keeps objects. */
  readonly storage: Storage;
  /** Where Hawsepipe's own objects are: records, lease, certificate. */
  readonly namespace: string;
  /** The Service in front of the replicas. */
  readonly service: string;
  /** Unlike that of any other replica, now or ever. */
  readonly identity: string;
  readonly bindAddress: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly certificates?: CertificateFiles;
  /** PEM; where given, callers of webhooks must show a certificate of these authorities. */
  readonly callerAuthorities?: string;
  readonly guard: GuardIdentities;
  /** What an administrator decides about LlamaStackDistributions; absent: nothing. */
  readonly llamaStack?: LlamaStackPolicy;
  /** Whether the reconciler waits to be elected; false where there is only one. */
  readonly elects: boolean;
  readonly auditLog?: string;
  /** How long a server that is stopping goes on serving, so that nobody new is sent to it. */
  readonly lameDuckMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Told what is being done when it takes long. */
  readonly progress: (text: string) => void;
  /** Ends the start where it waits for the cluster. */
  readonly signal: AbortSignal;
}

export interface ClusterServer {
  readonly url: string;
  /** The cluster, with this server's rights. */
  readonly client: Client;
  close(): Promise<void>;
}

/** Resolves when everything the roles need answers; what was opened is closed again when that fails. */
export async function startClusterServer(options: ClusterServerOptions): Promise<ClusterServer> {
  const closing = new Closing();
  try {
    return await start(options, closing);
  } catch (error) {
    await closing.run();
    throw error;
  }
}

async function start(options: ClusterServerOptions, closing: Closing): Promise<ClusterServer> {
  const { roles } = options;
  const surroundings = connect(options, closing);
  const { client } = surroundings;
  const state = { isReady: false };
  const front = await openFront(options, surroundings, () => state.isReady);
  const { product } = front;
  const certificates = await startCertificates(options, surroundings);
  const serve = (): Promise<string> => listen(options, front, certificates, surroundings.metrics);
  const follow = async (): Promise<void> => {
    closing.add(() => product.stop());
    await product.start();
  };
  const work = (): void => {
    startWork(options, surroundings, { product, certificates });
  };
  let url: string;
  if (roles.has("api")) {
    // What is answered needs what is followed.
    await follow();
    url = await serve();
    work();
  } else {
    // Our kinds cannot be read before the cluster trusts whoever serves or converts them, and that may be this process.
    url = await serve();
    work();
    await follow();
  }
  state.isReady = true;
  return { url, client, close: () => closing.run() };
}

/** What goes on beside answering requests. */
function startWork(
  options: ClusterServerOptions,
  surroundings: Surroundings,
  { product, certificates }: { readonly product: Product; readonly certificates: CertificateSource },
): void {
  const { roles } = options;
  const { closing } = surroundings;
  if (roles.has("reconciler")) {
    const lead = options.elects ? takePartInElection : leadAlone;
    untilClosed(closing, (signal) => lead({ ...options, ...surroundings, product, certificates, signal }));
  }
  if (roles.has("webhook") && !roles.has("api")) {
    untilClosed(closing, (signal) => keepConversionTrust({ ...surroundings, certificates, signal }));
  }
}

function connect(options: ClusterServerOptions, closing: Closing): Surroundings {
  const { clock, random, logger, namespace, lameDuckMs, llamaStack } = options;
  const userAgent = `hawsepipe/${programVersion()}`;
  const inner = createHttpTransport(options.connection);
  const transport = createFairTransport({ transport: inner, clock, random });
  closing.add(() => transport.close());
  const client = createRestClient({ transport, clock, userAgent });
  const metrics = new Registry();
  const unmeasured = measureEventLoop(metrics, clock, () => performance.now());
  closing.add(unmeasured);
  return {
    client,
    transport,
    userAgent,
    namespace,
    clock,
    random,
    logger,
    metrics,
    closing,
    lameDuckMs,
    ...(llamaStack === undefined ? {} : { llamaStack }),
  };
}

async function openFront(
  options: ClusterServerOptions,
  surroundings: Surroundings,
  isReady: () => boolean,
): Promise<Front> {
  const { roles, callerAuthorities, guard, clock } = options;
  const callers = webhookCallers({
    ...(callerAuthorities === undefined ? {} : { authorities: callerAuthorities }),
    reviewsKinds: !roles.has("api"),
    clock,
  });
  const webhooks = roles.has("webhook") ? { webhooks: { identities: guard, callers } } : {};
  if (!roles.has("api")) return openWebhookFront({ ...surroundings, ...webhooks, isReady });
  const { auditLog, progress, signal, storage, identity, customKinds } = options;
  return openApiFront({
    ...surroundings,
    ...webhooks,
    reconciles: roles.has("reconciler"),
    customKinds,
    openStore: () => openStorage(storage, { ...surroundings, identity, signal }),
    ...(auditLog === undefined ? {} : { auditLog }),
    progress,
    signal,
  });
}

async function startCertificates(
  { certificates: files, service }: ClusterServerOptions,
  surroundings: Surroundings,
): Promise<CertificateSource> {
  const certificates = certificateSource({
    ...surroundings,
    service,
    ...(files === undefined ? {} : { files }),
  });
  await certificates.start();
  surroundings.closing.add(() => {
    certificates.stop();
  });
  return certificates;
}

async function listen(
  { bindAddress, port }: ClusterServerOptions,
  front: Front,
  source: CertificateSource,
  metrics: Registry,
): Promise<string> {
  const { api } = front;
  const context = servingContext({ source, clientAuthorities: () => front.clientAuthorities(), metrics });
  await api.listen({ host: bindAddress, port, tls: context.current });
  context.follow((tls) => {
    api.setSecureContext(tls);
  });
  front.onAuthoritiesChange(() => {
    context.authoritiesChanged();
  });
  const address = bindAddress.includes(":") ? `[${bindAddress}]` : bindAddress;
  return `https://${address}:${String(api.address?.port ?? port)}`;
}

/** Runs what ends when its signal does, and ends it when the rest is closed. */
function untilClosed(closing: Closing, run: (signal: AbortSignal) => Promise<void>): void {
  const end = new AbortController();
  const running = run(end.signal);
  closing.add(async () => {
    end.abort();
    await running;
  });
}
