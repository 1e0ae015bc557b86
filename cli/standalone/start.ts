/**
 * A whole server in one process: embedded store, certificates of its own, the generic server with every kind, and the
 * product on top. The in-process client stands where a cluster's API would be.
 */
import { randomInt, randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { Registry } from "@prometheus-io/client";
import type { LlamaStackPolicy } from "../../admission/llamastack/options.ts";
import type { ResourceDefinition } from "../../api/meta/resource-definition.ts";
import type { UserInfo } from "../../api/meta/user.ts";
import type { Client } from "../../cluster/client.ts";
import { createInProcessTransport } from "../../cluster/in-process-transport.ts";
import { createRestClient } from "../../cluster/rest-client.ts";
import type { Clock } from "../../machinery/clock.ts";
import { namespaceCacheSource } from "../../server/admission/namespace-cache-source.ts";
import { namespaceLifecycle } from "../../server/admission/namespace-lifecycle.ts";
import { openAuditLog } from "../audit-log.ts";
import { anonymousAuthenticator } from "../../server/authn/anonymous.ts";
import type { CertificatePool } from "../../server/authn/certificate-pool.ts";
import { parseCertificatePool } from "../../server/authn/certificate-pool.ts";
import type { ClientIdentity, KeyPair, Pki } from "../../server/authn/pki.ts";
import { clientCertificateAuthenticator } from "../../server/authn/client-certificate.ts";
import { unionAuthenticator } from "../../server/authn/union.ts";
import { escalationCheck } from "../../server/authz/escalation.ts";
import { RbacAuthorizer } from "../../server/authz/rbac-authorizer.ts";
import { rbacObjects } from "../../server/authz/rbac-objects.ts";
import { rbacSourceFromCaches } from "../../server/authz/rbac-source.ts";
import { alwaysAllowPaths, privilegedGroups, unionAuthorizer } from "../../server/authz/union.ts";
import type { GenericServer, ServerFoundation } from "../../server/generic-server.ts";
import { openGenericServer } from "../../server/generic-server.ts";
import type { Logger } from "../../server/http/logger.ts";
import type { ListenOptions } from "../../server/http/server.ts";
import { measureEventLoop } from "../../server/metrics/event-loop-metrics.ts";
import { openEmbeddedStore } from "../../server/storage/embedded/embedded-store.ts";
import type { Store } from "../../server/storage/store.ts";
import type { ResourceCache } from "../../server/storage/watchcache/types.ts";
import { programVersion } from "../commands/version.ts";
import { versionInfo } from "../server-version.ts";
import { backupHandler } from "./backup-path.ts";
import { bootstrap } from "./bootstrap.ts";
import { startControllers } from "./controllers.ts";
import type { DataDirectory } from "./data-dir.ts";
import { createDataDirectory, openPki, readServerUrl } from "./data-dir.ts";
import { standaloneDefinitions } from "./definitions.ts";
import type { Leading } from "../product.ts";
import { createProduct } from "../product.ts";

export interface StandaloneOptions {
  readonly dataDir: string;
  readonly bindAddress: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly crdDirectories: readonly string[];
  /** Whether garbage is collected and namespaces are emptied. */
  readonly controllers?: boolean;
  readonly simulator: boolean;
  /** Who is issued a client certificate. */
  readonly administrator?: ClientIdentity;
  /** What an administrator decides about LlamaStackDistributions; absent: nothing. */
  readonly llamaStack?: LlamaStackPolicy;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told what is being done when it takes long. */
  readonly progress: (text: string) => void;
}

export interface Standalone {
  readonly url: string;
  readonly ca: string;
  /** A client of this server with every right. */
  readonly client: Client;
  /** The client certificate for who was named as administrator. */
  readonly administrator?: KeyPair;
  /**
   * Fulfilled when everything stored has been read by those who look after it, which takes longer than the start of a
   * server that answers; rejects when one of them cannot begin.
   */
  readonly settled: Promise<void>;
  close(): Promise<void>;
}

/** Who the server's own parts are to the server. */
const self: UserInfo = { name: "system:hawsepipe", groups: ["system:masters", "system:authenticated"] };

export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const { clock, logger } = options;
  const data = createDataDirectory(options.dataDir);
  options.progress("opening the store");
  const { store, certificates, definitions } = await prepare(data, options);
  const audit = openAuditLog(data.auditLog, options);
  const metrics = new Registry();
  const unmeasured = measureEventLoop(metrics, clock, () => performance.now());
  /** Nobody can have a certificate before there is an authority. */
  let pool: CertificatePool | undefined;

  let server: GenericServer | undefined;
  const transport = createInProcessTransport(
    (request) => {
      if (server === undefined) throw new Error("the server is not open yet");
      return server.api.dispatch(request);
    },
    self,
    clock,
  );
  const client = createRestClient({ transport, clock, userAgent: `hawsepipe/${programVersion()}` });
  const product = createProduct({
    client,
    clock,
    random: Math.random,
    logger,
    metrics,
    reconciles: true,
    // The simulator plays them.
    hasOperators: false,
    ...(options.llamaStack === undefined ? {} : { llamaStack: options.llamaStack }),
  });
  let certified: Certificates | undefined;
  let controllers: ReturnType<typeof startControllers> | undefined;
  let leading: Leading | undefined;

  try {
    options.progress("loading the objects");
    server = await openGenericServer({
      store,
      definitions,
      authenticator: unionAuthenticator([clientCertificateAuthenticator(() => pool, clock)], {
        anonymous: anonymousAuthenticator,
      }),
      authorization: (foundation) => {
        const rbac = new RbacAuthorizer(rbacSourceFromCaches(rbacCaches(foundation)));
        const masters = privilegedGroups("system:masters");
        const health = alwaysAllowPaths("/healthz", "/livez", "/readyz");
        return { authorizer: unionAuthorizer(masters, health, rbac), rules: rbac, rbac };
      },
      plugins: ({ cache, authorizer, rbac }) => [
        namespaceLifecycle(namespaceCacheSource(existing(cache.find("", "namespaces")))),
        rbacObjects(),
        escalationCheck(rbac, authorizer),
        ...product.plugins(authorizer),
      ],
      connectors: product.connectors,
      paths: new Map([["/backup", backupHandler(store, data.root)]]),
      clock,
      random: { uuid: randomUUID, integer: (max) => randomInt(max) },
      logger,
      metrics,
      audit: audit.sink,
      version: versionInfo(),
    });
    await bootstrap(client);
    options.progress("reading the providers");
    await product.start();
    leading = await product.lead();
    certified = await certificates;
    const { pki, serving } = certified;
    pool = parseCertificatePool(pki.ca.cert);
    const tls = { ...serving, ca: pki.ca.cert };
    await listen(server, { host: options.bindAddress, port: options.port, tls }, readServerUrl(data));
    if (options.controllers !== false) {
      controllers = startControllers({
        client,
        definitions: server.registry.definitions(),
        simulator: options.simulator,
        clock,
        random: Math.random,
        logger,
      });
    }
  } catch (error) {
    unmeasured();
    await leading?.stop();
    await product.stop();
    await controllers?.stop();
    await server?.close();
    await store.close();
    // They may still be being written.
    await certificates.catch(() => undefined);
    throw error;
  }

  const { pki, administrator } = certified;
  const running = server;
  const background = controllers;
  const led = leading;
  const settled = Promise.all([led.begun, background?.synced]).then(() => undefined);
  // Whoever waits for it hears of its failure; until then nobody does.
  settled.catch(() => undefined);
  const host = options.bindAddress.includes(":") ? `[${options.bindAddress}]` : options.bindAddress;
  return {
    url: `https://${host}:${String(running.api.address?.port ?? options.port)}`,
    ca: pki.ca.cert,
    client,
    ...(administrator === undefined ? {} : { administrator }),
    settled,
    async close() {
      unmeasured();
      await led.stop();
      await product.stop();
      await background?.stop();
      await transport.close();
      await running.close();
      await audit.close();
      await store.close();
    },
  };
}

interface Certificates {
  readonly pki: Pki;
  readonly serving: KeyPair;
  readonly administrator: KeyPair | undefined;
}

interface Prepared {
  readonly store: Store;
  /** They may have to be made first, which takes as long as all the rest. */
  readonly certificates: Promise<Certificates>;
  readonly definitions: readonly ResourceDefinition[];
}

/** What takes its time in other threads, the store and new keys, is begun before the kinds are read in this one. */
async function prepare(data: DataDirectory, options: StandaloneOptions): Promise<Prepared> {
  const opening = openEmbeddedStore({ path: data.database, clock: options.clock });
  const certificates = openCertificates(data, options);
  // Whoever waits for them hears of their failures; until then nobody does.
  opening.catch(() => undefined);
  certificates.catch(() => undefined);
  try {
    const definitions = standaloneDefinitions(options.crdDirectories);
    return { store: await opening, certificates, definitions };
  } catch (error) {
    await opening.then(
      (store) => store.close(),
      () => undefined,
    );
    await certificates.catch(() => undefined);
    throw error;
  }
}

async function openCertificates(
  data: DataDirectory,
  { clock, bindAddress, administrator: identity }: StandaloneOptions,
): Promise<Certificates> {
  const pki = await openPki(data, clock, bindAddress);
  const [serving, administrator] = await Promise.all([
    pki.serving(),
    identity === undefined ? undefined : pki.issueClient(identity),
  ]);
  return { pki, serving, administrator };
}

/** Any free port means the one of the last time while it is free: kubeconfigs that were given out go on working. */
async function listen(
  server: GenericServer,
  options: ListenOptions,
  lastUrl: string | undefined,
): Promise<void> {
  const last = options.port === 0 && lastUrl !== undefined ? Number(new URL(lastUrl).port) : 0;
  if (last !== 0) {
    const isTaken = await server.api.listen({ ...options, port: last }).then(
      () => false,
      () => true,
    );
    if (!isTaken) return;
  }
  await server.api.listen(options);
}

function existing(cache: ResourceCache | undefined): ResourceCache {
  if (cache === undefined) throw new Error("a kind the server itself needs is not served");
  return cache;
}

function rbacCaches({ cache }: ServerFoundation): Parameters<typeof rbacSourceFromCaches>[0] {
  const find = (plural: string): ResourceCache => existing(cache.find("rbac.authorization.k8s.io", plural));
  return {
    clusterRoles: find("clusterroles"),
    roles: find("roles"),
    clusterRoleBindings: find("clusterrolebindings"),
    roleBindings: find("rolebindings"),
  };
}
