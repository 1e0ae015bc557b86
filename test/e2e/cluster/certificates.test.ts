/**
 * The serving certificate and its CA replaced while requests come in, through kube-apiserver and past it, over kept
 * connections and new ones that check the certificate: not one of them fails.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KubeObject } from "../../../api/meta/types.ts";
import { freePorts } from "../../../hack/controlplane/ports.ts";
import type { KeyPair } from "../../../server/authn/pki.ts";
import { issueAuthority, issueLeaf } from "../../../server/authn/pki.ts";
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
const names = [serverName, "localhost", "127.0.0.1"];
const collection = "/apis/hawsepipe.dev/v1alpha2/namespaces/default/modeldeployments";
const requestsPerSecond = 40;

describe.skipIf(reason !== undefined)("certificates replaced under load", () => {
  let cluster: Cluster;
  let admin: ReturnType<typeof succeeding>;
  let written = 0;

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
  const isServed = (server: Replica, certificate: string): Promise<unknown> =>
    eventually("the new certificate", async () =>
      (await peerCertificate(server.url)) === peerText(certificate) ? true : undefined,
    );
  const peerText = (pem: string): string => pem.replaceAll(/-----[^-]+-----|\s/g, "");
  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds));

  /** Puts load on the server while something is done, and answers what failed. */
  async function underLoad(server: Replica, work: () => Promise<void>): Promise<number> {
    const { admin: user, url } = cluster.controlPlane;
    let trusted = await published();
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
    const server = await cluster.startReplica();
    await available(cluster);
    const read = async (): Promise<KubeObject> =>
      JSON.parse(
        await admin(`get secret hawsepipe-serving-cert -n ${systemNamespace} -o json`),
      ) as KubeObject;
    const stateOf = (secret: KubeObject): NonNullable<ReturnType<typeof decodeState>> => {
      const state = decodeState(secret);
      if (state === undefined) throw new Error("the Secret holds no certificate");
      return state;
    };
    const first = stateOf(await read());
    await isPublished(first.ca.cert);
    const sent = await underLoad(server, async () => {
      // As if this CA had been announced an hour ago.
      const nextCa = { ...(await issueAuthority(new Date())), since: new Date(Date.now() - 3_601_000) };
      const secret = await read();
      const { annotations, data } = encodeState({ ...first, nextCa });
      await admin("replace -f -", { ...secret, data, metadata: { ...secret.metadata, annotations } });
      await isPublished(nextCa.cert);
      expect(await published()).toContain(first.ca.cert.trim());
      // kube-apiserver reads the bundle a moment after it is written; in life it has the hour.
      await pause(2000);
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
    await server.stop();
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
    const server = await cluster.startReplica({
      flags: mounted.flags,
    });
    await isPublished(oldCa.cert);
    await available(cluster);
    await isServed(server, first.cert);
    const sent = await underLoad(server, async () => {
      mounted.put(renewed, oldCa.cert);
      await isServed(server, renewed.cert);
      mounted.put(renewed, oldCa.cert + newCa.cert);
      await isPublished(newCa.cert);
      await pause(2000);
      mounted.put(last, oldCa.cert + newCa.cert);
      await isServed(server, last.cert);
    });
    expect(sent).toBeGreaterThan(requestsPerSecond * 3);
  });
});
