/**
 * The serving certificate and its CA replaced while requests come in, through kube-apiserver and past it, over kept
 * connections and new ones that check the certificate: not one of them fails. The same for the server's own token.
 */
import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { defaultIdentities } from "../../../admission/guard/identities.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { ClusterServer } from "../../../cli/cluster/start.ts";
import { startClusterServer } from "../../../cli/cluster/start.ts";
import { inClusterConnection } from "../../../cluster/in-cluster.ts";
import { freePorts } from "../../../hack/controlplane/ports.ts";
import type { Clock } from "../../../machinery/clock.ts";
import { realClock } from "../../../machinery/clock.ts";
import type { KeyPair } from "../../../server/authn/pki.ts";
import { issueAuthority, issueLeaf } from "../../../server/authn/pki.ts";
import { silentLogger } from "../../../server/http/logger.ts";
import type { CertificateState } from "../../../server/tls/certificate-state.ts";
import { defaultPolicy, renewAt } from "../../../server/tls/certificate-state.ts";
import { decodeState, encodeState } from "../../../server/tls/secret-form.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Cluster, Replica } from "../../support/cluster.ts";
import { available, startCluster, systemNamespace } from "../../support/cluster.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import type { LoadClient } from "../../support/load.ts";
import { atRate, createLoadClient } from "../../support/load.ts";
import { aDeployment } from "../../support/objects.ts";
import { mountedSecret } from "../../support/mounted-secret.ts";
import { peerCertificate } from "../../support/peer-certificate.ts";

const reason = noControlPlane();
if (reason !== undefined) console.warn(`skipped: certificates replaced under load (${reason})`);

const serverName = `hawsepipe.${systemNamespace}.svc`;
const names = [serverName, `${serverName}.cluster.local`, "localhost", "127.0.0.1"];
const collection = "/apis/hawsepipe.dev/v1alpha2/namespaces/default/modeldeployments";
const requestsPerSecond = 40;

describe.skipIf(reason !== undefined)("certificates replaced under load", () => {
  let cluster: Cluster;
  let admin: ReturnType<typeof succeeding>;
  let written = 0;
  /** What clients past kube-apiserver trust: what they found last where CAs are published. */
  let trusted = "";

  beforeAll(async () => {
    cluster = await startCluster();
    admin = succeeding(cluster.admin);
  });
  afterAll(async () => {
    await cluster.close();
  });

  /** The CAs kube-apiserver was told to trust. */
  const published = async (): Promise<string> => {
    const text = await admin("get apiservice v1alpha2.hawsepipe.dev -o jsonpath={.spec.caBundle}");
    return Buffer.from(text, "base64").toString();
  };
  const isPublished = (certificate: string): Promise<unknown> =>
    eventually("the CA in the APIService", async () =>
      (await published()).includes(certificate.trim()) ? true : undefined,
    );
  /**
   * The same, and everybody who calls the server knows. kube-apiserver reads the bundle a moment after it is written, of
   * which it says nothing; in life it has the hour.
   */
  const isTrusted = async (certificate: string): Promise<void> => {
    await isPublished(certificate);
    await eventually("the clients to know the CA", () => trusted.includes(certificate.trim()));
    await pause(2000);
  };
  const isServed = (server: Pick<Replica, "url">, certificate: string): Promise<unknown> =>
    eventually("the new certificate", async () =>
      (await peerCertificate(server.url)) === peerText(certificate) ? true : undefined,
    );
  const peerText = (pem: string): string => pem.replaceAll(/-----[^-]+-----|\s/g, "");
  /** What the built-in source keeps. */
  const read = async (): Promise<KubeObject> =>
    JSON.parse(await admin(`get secret hawsepipe-serving-cert -n ${systemNamespace} -o json`)) as KubeObject;
  const write = async (state: CertificateState): Promise<void> => {
    const secret = await read();
    const { annotations, data } = encodeState(state);
    await admin("replace -f -", { ...secret, data, metadata: { ...secret.metadata, annotations } });
  };
  const stateOf = (secret: KubeObject): CertificateState => {
    const state = decodeState(secret);
    if (state === undefined) throw new Error("the Secret holds no certificate");
    return state;
  };
  /** A replica on the port of the APIService, which is free again when the test is over, however that ends. */
  const replica = async (flags: readonly string[] = []): Promise<Replica> => {
    const started = await cluster.startReplica({ flags });
    onTestFinished(async () => {
      await started.stop();
    });
    return started;
  };
  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds));

  /** Puts load on the server while something is done, and answers what failed. */
  async function underLoad(server: Pick<Replica, "url">, work: () => Promise<void>): Promise<number> {
    const { admin: user, url } = cluster.controlPlane;
    trusted = await published();
    const direct = { ...user, servername: serverName, ca: () => trusted };
    const through = { ...user, ca: () => cluster.controlPlane.certificates.ca };
    const clients: readonly { readonly client: LoadClient; readonly origin: string }[] = [
      { client: createLoadClient({ ...through, keepAlive: true }), origin: url },
      { client: createLoadClient({ ...through, keepAlive: false }), origin: url },
      { client: createLoadClient({ ...direct, keepAlive: true }), origin: server.url },
      { client: createLoadClient({ ...direct, keepAlive: false }), origin: server.url },
    ];
    const failures: string[] = [];
    let sent = 0;
    const state = { isOver: false };
    const load = atRate(
      requestsPerSecond,
      () => state.isOver,
      async (n) => {
        const target = clients[n % clients.length];
        if (target === undefined) return;
        const isWrite = Math.floor(n / clients.length) % 4 === 0;
        if (isWrite) written += 1;
        const { status, text } = isWrite
          ? await target.client.send(
              `${target.origin}${collection}`,
              "POST",
              aDeployment(`m-${String(written)}`),
            )
          : await target.client.send(`${target.origin}${collection}?limit=5`, "GET");
        sent += 1;
        if (status !== 200 && status !== 201) failures.push(`${target.origin} ${String(status)} ${text}`);
      },
    );
    // Clients learn of a new CA as kube-apiserver does: where it is published.
    const following = (async () => {
      while (!state.isOver) {
        trusted = await published();
        await pause(200);
      }
    })();
    try {
      await pause(1000);
      await work();
      await pause(2000);
    } finally {
      state.isOver = true;
      await Promise.all([load, following]);
      for (const { client } of clients) client.close();
    }
    expect(failures).toEqual([]);
    return sent;
  }

  test("the server's own, by the replica that starts next: a new certificate of a new CA", async () => {
    const server = await replica();
    await available(cluster);
    const first = stateOf(await read());
    await isPublished(first.ca.cert);
    const sent = await underLoad(server, async () => {
      // As if this CA had been announced an hour ago.
      const nextCa = { ...(await issueAuthority(new Date())), since: new Date(Date.now() - 3_601_000) };
      await write({ ...first, nextCa });
      await isTrusted(nextCa.cert);
      expect(await published()).toContain(first.ca.cert.trim());
      const [port = 0] = await freePorts(1);
      const other = await cluster.startReplica({ port });
      const second = stateOf(await read());
      expect(second.ca.cert).toBe(nextCa.cert);
      expect(second.leaf.cert).not.toBe(first.leaf.cert);
      await isServed(server, second.leaf.cert);
      await isServed(other, second.leaf.cert);
      await other.stop();
    });
    expect(sent).toBeGreaterThan(requestsPerSecond * 3);
  });

  test("that of files somebody else keeps: a new pair of a new CA", async () => {
    const folder = path.join(cluster.directory, "mounted");
    mkdirSync(folder);
    const mounted = mountedSecret(folder);
    const now = new Date();
    const leafOf = (ca: KeyPair): Promise<KeyPair> => {
      const leaf = { commonName: "cert-manager", organizations: [], names, usage: "serverAuth" } as const;
      return issueLeaf(ca, leaf, { now, lifeMs: 3_600_000 });
    };
    const [oldCa, newCa] = [await issueAuthority(now), await issueAuthority(now)];
    const [first, renewed, last] = [await leafOf(oldCa), await leafOf(oldCa), await leafOf(newCa)];
    mounted.put(first, oldCa.cert);
    const server = await replica(mounted.flags);
    await isPublished(oldCa.cert);
    await available(cluster);
    await isServed(server, first.cert);
    const sent = await underLoad(server, async () => {
      mounted.put(renewed, oldCa.cert);
      await isServed(server, renewed.cert);
      mounted.put(renewed, oldCa.cert + newCa.cert);
      await isTrusted(newCa.cert);
      mounted.put(last, oldCa.cert + newCa.cert);
      await isServed(server, last.cert);
    });
    expect(sent).toBeGreaterThan(requestsPerSecond * 3);
  });

  describe("by a server that goes on running", () => {
    // All its jumps together stay below five minutes, after which a provider nobody confirmed takes no deployments.
    const clock = aPatientClock(2 * 60_000);
    let server: ClusterServer;
    let stop: () => Promise<void> = async () => undefined;
    let mounted: string;
    let first: CertificateState;
    const log: string[] = [];

    beforeAll(async () => {
      // Two thirds of both lives are over by the right time, and not yet by the server's.
      const now = new Date();
      const due = now.getTime() - 60_000;
      const born = (age: number): Date => new Date(due - age);
      const ca = await issueAuthority(born(await ageWhenDue((at) => issueAuthority(at))));
      const leaf = { commonName: "hawsepipe", organizations: [], names, usage: "serverAuth" } as const;
      const issue = (at: Date): Promise<KeyPair> =>
        issueLeaf(ca, leaf, { now: at, lifeMs: defaultPolicy.leafLifeMs });
      first = { ca, oldCas: [], leaf: await issue(born(await ageWhenDue(issue))) };
      const { annotations, ...content } = encodeState(first);
      const metadata = { name: "hawsepipe-serving-cert", namespace: systemNamespace, annotations };
      await admin(`delete secret ${metadata.name} -n ${systemNamespace} --ignore-not-found`);
      await admin("create -f -", { apiVersion: "v1", kind: "Secret", metadata, ...content });

      // What a pod has.
      mounted = path.join(cluster.directory, "service-account");
      mkdirSync(mounted);
      await admin(`create secret generic first-token -n ${systemNamespace}`);
      writeFileSync(path.join(mounted, "token"), await cluster.serverToken("first-token"));
      writeFileSync(path.join(mounted, "ca.crt"), cluster.controlPlane.certificates.ca);
      writeFileSync(path.join(mounted, "namespace"), systemNamespace);
      const { hostname, port } = new URL(cluster.controlPlane.url);
      const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
      const say = (fields: object, message: string): void => {
        log.push(`${message} ${JSON.stringify(fields)}`);
      };
      server = await startClusterServer({
        connection: await inClusterConnection({ env, clock, directory: mounted }),
        roles: new Set(["api", "webhook", "reconciler"]),
        storage: { kind: "records" },
        namespace: systemNamespace,
        service: "hawsepipe",
        identity: "patient",
        bindAddress: "127.0.0.1",
        port: cluster.port,
        guard: defaultIdentities(),
        elects: false,
        customKinds: [],
        lameDuckMs: 0,
        clock,
        random: Math.random,
        logger: { ...silentLogger, warn: say, error: say },
        progress: () => undefined,
        signal: new AbortController().signal,
      });
      stop = () => server.close();
      await isPublished(first.ca.cert);
      await available(cluster);
    });
    afterAll(async () => {
      await stop();
    });

    test("its timer renews the certificate after two thirds of its life, announces a new CA, and goes over to it", async () => {
      expect(stateOf(await read())).toEqual(first);
      clock.catchUp();
      const sent = await underLoad(server, async () => {
        clock.goOff();
        await isServedBy(first.ca);
        const renewed = stateOf(await read());
        expect(renewed.leaf.cert).not.toBe(first.leaf.cert);
        await isServed(server, renewed.leaf.cert);
        const { nextCa } = renewed;
        if (nextCa === undefined) throw new Error("no new CA was announced");
        await isTrusted(nextCa.cert);
        expect(await published()).toContain(first.ca.cert.trim());
        // The hour between the two is over.
        await write({ ...renewed, nextCa: { ...nextCa, since: new Date(Date.now() - 3_601_000) } });
        clock.goOff();
        await isServedBy(nextCa);
        const last = stateOf(await read());
        await isServed(server, last.leaf.cert);
        expect(last.nextCa).toBeUndefined();
        expect(await published()).toContain(first.ca.cert.trim());
      });
      expect(sent).toBeGreaterThan(requestsPerSecond * 3);
      expect(log.filter((line) => line.includes("certificate"))).toEqual([]);
    });

    test("its token is replaced while it runs, and it goes on when the first one is no good any more", async () => {
      const first = readFileSync(path.join(mounted, "token"), "utf8");
      const isKnown = async (token: string): Promise<boolean> => {
        const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } };
        const args = ["create", "-f", "-", "-o", "jsonpath={.status.authenticated}"];
        return (await admin(args, review)) === "true";
      };
      expect(await isKnown(first)).toBe(true);
      writeFileSync(path.join(mounted, "token"), await cluster.serverToken());
      clock.add(60_000);
      await admin(`delete secret first-token -n ${systemNamespace}`);
      await eventually("the first token to be refused", async () =>
        (await isKnown(first)) ? undefined : true,
      );
      // Writes among it: to the records, after a dry run of what is rendered.
      const sent = await underLoad(server, () => pause(1000));
      expect(sent).toBeGreaterThan(requestsPerSecond);
    });

    /** Resolves when the Secret holds a certificate of the CA that is not the first one. */
    const isServedBy = (ca: KeyPair): Promise<unknown> =>
      eventually("a certificate of the CA", async () => {
        const { leaf } = stateOf(await read());
        const issuer = new X509Certificate(ca.cert);
        const isNew = leaf.cert !== first.leaf.cert;
        return isNew && new X509Certificate(leaf.cert).verify(issuer.publicKey) ? true : undefined;
      });
  });
});

/** How long before the time it has to be replaced a certificate is issued. */
async function ageWhenDue(issue: (at: Date) => Promise<KeyPair>): Promise<number> {
  const at = new Date();
  return renewAt((await issue(at)).cert).getTime() - at.getTime();
}

interface PatientClock extends Clock {
  /** Shows the right time from now on. */
  catchUp(): void;
  add(ms: number): void;
  /** Runs what waits for about ten minutes, as if they were over. */
  goOff(): void;
}

/** The time of this machine, late by as much as given; timers of ten minutes go off when told, the others in time. */
function aPatientClock(lateMs: number): PatientClock {
  const real = realClock();
  const held = new Set<() => void>();
  let late = lateMs;
  return {
    now: () => new Date(real.now().getTime() - late),
    setTimeout(fn, ms) {
      if (ms < 9 * 60_000 || ms > 11 * 60_000) return real.setTimeout(fn, ms);
      held.add(fn);
      return () => held.delete(fn);
    },
    catchUp() {
      late = 0;
    },
    add(ms) {
      late -= ms;
    },
    goOff() {
      const due = [...held];
      held.clear();
      for (const fn of due) fn();
    },
  };
}
