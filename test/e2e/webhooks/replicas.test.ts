/**
 * Two replicas of the webhooks behind one address, under load: their certificate and its CA are replaced and nothing
 * fails, the leader is killed and the other one leads.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { KeyPair } from "../../../server/authn/pki.ts";
import { issueAuthority, issueLeaf } from "../../../server/authn/pki.ts";
import type { CertificateState } from "../../../server/tls/certificate-state.ts";
import { decodeState, encodeState } from "../../../server/tls/secret-form.ts";
import type { Balancer } from "../../support/balancer.ts";
import { startBalancer } from "../../support/balancer.ts";
import { systemNamespace } from "../../support/cluster.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import type { CrdFlavour, WebhookReplica } from "../../support/crd-flavour.ts";
import { startCrdFlavour } from "../../support/crd-flavour.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { saysItLeads } from "../../support/leading.ts";
import type { LoadClient } from "../../support/load.ts";
import { atRate, createLoadClient } from "../../support/load.ts";
import { mountedSecret } from "../../support/mounted-secret.ts";
import { aDeployment } from "../../support/objects.ts";
import { peerCertificate } from "../../support/peer-certificate.ts";

const reason = noControlPlane(["kube-controller-manager", "kubectl"]);
if (reason !== undefined) console.warn(`skipped: webhooks under load (${reason})`);

const requestsPerSecond = 20;
const collection = (version: string): string =>
  `/apis/hawsepipe.dev/${version}/namespaces/default/modeldeployments`;

describe.skipIf(reason !== undefined)("two replicas of the webhooks under load", () => {
  let flavour: CrdFlavour;
  let admin: ReturnType<typeof succeeding>;
  let balancer: Balancer;
  let load: LoadClient;
  let replicas: readonly WebhookReplica[];
  let stop = async (): Promise<void> => undefined;

  beforeAll(async () => {
    flavour = await startCrdFlavour();
    stop = () => flavour.stop();
    admin = succeeding(flavour.admin);
    await flavour.halt();
    balancer = await startBalancer(Number(new URL(flavour.origin).port));
    replicas = [await flavour.startReplica(), await flavour.startReplica()];
    balancer.use(replicas.map(({ port }) => port));
    const { admin: user, certificates } = flavour.plane;
    load = createLoadClient({ ...user, ca: () => certificates.ca, keepAlive: true });
    await isPublished((await state()).ca.cert);
    await isTrusted();
    for (const n of [1, 2, 3]) await admin("create -f -", aDeployment(`converted-${String(n)}`));
  });
  afterAll(async () => {
    load.close();
    await balancer.close();
    await stop();
  });

  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, milliseconds));
  const peerText = (pem: string): string => pem.replaceAll(/-----[^-]+-----|\s/g, "");
  const isServed = ({ port }: WebhookReplica, certificate: string): Promise<unknown> =>
    eventually("the new certificate", async () => {
      const served = await peerCertificate(`https://127.0.0.1:${String(port)}`);
      return served === peerText(certificate) ? true : undefined;
    });

  /** Resolves when kube-apiserver is told this CA by each of the places that lead to the webhooks. */
  async function isPublished(certificate: string): Promise<void> {
    for (const [from, at] of [
      ["mutatingwebhookconfiguration hawsepipe", ".webhooks[*].clientConfig.caBundle"],
      ["validatingwebhookconfiguration hawsepipe", ".webhooks[*].clientConfig.caBundle"],
      ["validatingwebhookconfiguration hawsepipe-guard", ".webhooks[*].clientConfig.caBundle"],
      ["crd modeldeployments.hawsepipe.dev", ".spec.conversion.webhook.clientConfig.caBundle"],
    ] as const) {
      await eventually(`the CA in ${from}`, async () => {
        const bundles = (await admin(`get ${from} -o jsonpath={${at}}`)).split(" ");
        const texts = bundles.map((bundle) => Buffer.from(bundle, "base64").toString());
        return texts.every((text) => text.includes(certificate.trim())) ? true : undefined;
      });
    }
  }

  /** Resolves when kube-apiserver, which hears of the CA later, calls the webhooks and is answered. */
  const isTrusted = (): Promise<unknown> =>
    eventually("kube-apiserver to trust it", async () => {
      const tried = { ...aDeployment("tried"), apiVersion: "hawsepipe.dev/v1alpha1" };
      const older = { ...tried, spec: { model: { id: "Qwen/Qwen3-0.6B" }, provider: { name: "vllm" } } };
      return (await flavour.admin("create --dry-run=server -f -", older)).code === 0;
    });

  const secret = async (): Promise<KubeObject> =>
    JSON.parse(await admin(`get secret hawsepipe-serving-cert -n ${systemNamespace} -o json`)) as KubeObject;
  async function state(): Promise<CertificateState> {
    const found = decodeState(await secret());
    if (found === undefined) throw new Error("the Secret holds no certificate");
    return found;
  }

  /** Has objects defaulted, validated and converted while something is done; answers what failed. */
  async function underLoad(work: () => Promise<void>): Promise<{ sent: number; failed: readonly string[] }> {
    const failed: string[] = [];
    let sent = 0;
    const ending = { isOver: false };
    const running = atRate(
      requestsPerSecond,
      () => ending.isOver,
      async (n) => {
        const { url } = flavour.plane;
        const { status, text } =
          n % 2 === 0
            ? await load.send(`${url}${collection("v1alpha2")}?dryRun=All`, "POST", aDeployment("tried"))
            : await load.send(`${url}${collection("v1alpha1")}?limit=3`, "GET");
        sent += 1;
        if (status !== 200 && status !== 201) failed.push(`${String(status)} ${text}`);
      },
    );
    try {
      await pause(500);
      await work();
      await pause(1000);
    } finally {
      ending.isOver = true;
      await running;
    }
    return { sent, failed };
  }

  test("nothing fails while their own certificate is replaced by one of a new CA", async () => {
    const first = await state();
    const { sent, failed } = await underLoad(async () => {
      // As if this CA had been announced an hour ago.
      const nextCa = { ...(await issueAuthority(new Date())), since: new Date(Date.now() - 3_601_000) };
      const before = await secret();
      const { annotations, data } = encodeState({ ...first, nextCa });
      await admin("replace -f -", { ...before, data, metadata: { ...before.metadata, annotations } });
      await isPublished(nextCa.cert);
      // kube-apiserver reads the bundles a moment after they are written; in life it has the hour.
      await pause(2000);
      const starting = await flavour.startReplica();
      const second = await state();
      expect(second.ca.cert).toBe(nextCa.cert);
      expect(second.leaf.cert).not.toBe(first.leaf.cert);
      for (const replica of [...replicas, starting]) await isServed(replica, second.leaf.cert);
      await starting.stop();
    });
    expect(failed).toEqual([]);
    expect(sent).toBeGreaterThan(requestsPerSecond * 2);
  });

  test("the leader killed: what is accepted is rendered, by the other one", async () => {
    interface Lease {
      readonly holderIdentity: string;
      readonly acquireTime: string;
      readonly renewTime: string;
    }
    const lease = async (): Promise<Lease> =>
      JSON.parse(
        await admin(`get lease hawsepipe-leader -n ${systemNamespace} -o jsonpath={.spec}`),
      ) as Lease;
    const leads = (replica: WebhookReplica): boolean => saysItLeads(replica.log());
    const dying = await eventually("a leader", () => replicas.find(leads));
    const before = await lease();
    const accepted: string[] = [];
    const refused: string[] = [];
    const after = { isDead: false, inARow: 0 };
    // Until a second's worth in a row was accepted without it.
    const writing = atRate(
      requestsPerSecond,
      () => after.inARow >= requestsPerSecond,
      async (n) => {
        const name = `m-${String(n)}`;
        const url = `${flavour.plane.url}${collection("v1alpha2")}`;
        const { status, text } = await load.send(url, "POST", aDeployment(name));
        if (status === 201) accepted.push(name);
        else refused.push(text);
        after.inARow = after.isDead && status === 201 ? after.inARow + 1 : 0;
      },
    );
    await eventually("writes before its end", () => accepted.length >= requestsPerSecond);
    await dying.stop("SIGKILL");
    after.isDead = true;
    const vanished = await lease();
    expect(vanished.holderIdentity).toBe(before.holderIdentity);
    await writing;
    // Calls on its connections until kube-apiserver hears of their end: how many is up to the machine. Then none, as above.
    for (const text of refused) expect(text).toContain("failed calling webhook");

    const next = await eventually("another leader", async () => {
      const { holderIdentity, acquireTime } = await lease();
      return holderIdentity === before.holderIdentity ? undefined : acquireTime;
    });
    const followedAfter = Date.parse(next) - Date.parse(vanished.renewTime);
    expect(followedAfter).toBeGreaterThanOrEqual(15_000);
    await eventually(
      "everything accepted is rendered",
      async () => {
        const rendered = new Set((await admin("get deployments,services -o name")).split("\n"));
        const missing = accepted
          .flatMap((name) => [`deployment.apps/${name}`, `service/${name}`])
          .filter((name) => !rendered.has(name));
        if (missing.length > 0) throw new Error(`not rendered: ${missing.join(", ")}`);
        return true;
      },
      60,
    );
  });

  test("nothing fails while a mounted certificate is replaced by one of a new CA", async () => {
    const folder = path.join(flavour.plane.directory, "mounted");
    mkdirSync(folder);
    const mounted = mountedSecret(folder);
    const now = new Date();
    const leafOf = (ca: KeyPair): Promise<KeyPair> => {
      const names = ["127.0.0.1"];
      const leaf = { commonName: "cert-manager", organizations: [], names, usage: "serverAuth" } as const;
      return issueLeaf(ca, leaf, { now, lifeMs: 3_600_000 });
    };
    const [oldCa, newCa] = [await issueAuthority(now), await issueAuthority(now)];
    const [first, last] = [await leafOf(oldCa), await leafOf(newCa)];
    mounted.put(first, oldCa.cert);
    await Promise.all(replicas.map((replica) => replica.stop()));
    const server = await flavour.startReplica(mounted.flags);
    balancer.use([server.port]);
    await isPublished(oldCa.cert);
    await isTrusted();
    const { sent, failed } = await underLoad(async () => {
      mounted.put(first, oldCa.cert + newCa.cert);
      await isPublished(newCa.cert);
      await pause(2000);
      mounted.put(last, oldCa.cert + newCa.cert);
      await isServed(server, last.cert);
    });
    expect(failed).toEqual([]);
    expect(sent).toBeGreaterThan(requestsPerSecond * 2);
  });
});
