/** Who one is to the server, through kube-apiserver and past it. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realClock } from "../../../machinery/clock.ts";
import { Pki } from "../../../server/authn/pki.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Cluster, Replica } from "../../support/cluster.ts";
import { available, granted, startCluster, systemNamespace } from "../../support/cluster.ts";
import { eventually, kubectlFor, succeeding } from "../../support/kubectl.ts";
import type { RawAnswer } from "../../support/raw-https.ts";
import { rawHttps } from "../../support/raw-https.ts";

const reason = noControlPlane();
const collection = "/apis/hawsepipe.dev/v1alpha2/namespaces/team-a/modeldeployments";

interface Status {
  readonly message: string;
  readonly reason: string;
  readonly code: number;
}
const statusOf = ({ text }: RawAnswer): Status => JSON.parse(text) as Status;

describe.skipIf(reason !== undefined)("identity", () => {
  let cluster: Cluster;
  let server: Replica;
  let admin: (args: string | readonly string[], input?: string | object) => Promise<string>;

  beforeAll(async () => {
    cluster = await startCluster();
    server = await cluster.startReplica();
    await available(cluster);
    admin = succeeding(cluster.admin);
    await admin("create namespace team-a");
    await admin("create rolebinding commas --clusterrole=hawsepipe-view --group=g,2 -n team-a");
    await admin("create rolebinding bob --clusterrole=hawsepipe-view --user=bob -n team-a");
    await admin("create serviceaccount robot -n team-a");
    await admin(
      "create rolebinding robot --clusterrole=hawsepipe-view --serviceaccount=team-a:robot -n team-a",
    );
    const list = ["list", "modeldeployments.hawsepipe.dev", "-n", "team-a"];
    for (const who of [
      ["--as=carol", "--as-group=g,2"],
      ["--as=bob"],
      ["--as=system:serviceaccount:team-a:robot"],
    ]) {
      await granted(cluster.admin, [...list, ...who]);
    }
  });
  afterAll(async () => {
    await cluster.close();
  });

  const frontProxy = async (commonName: string): Promise<{ cert: string; key: string }> => {
    const directory = path.dirname(cluster.controlPlane.certificates.frontProxyCaFile);
    const pki = await Pki.open({ directory, clock: realClock(), servingNames: [] });
    return pki.issueClient({ name: commonName, groups: [] });
  };
  const asProxied = { "x-remote-user": "bob" };

  test("an impersonated group with a comma is one group", async () => {
    const as = (...groups: string[]) =>
      cluster.admin([
        "get",
        "mdep",
        "-n",
        "team-a",
        "--as=carol",
        ...groups.map((group) => `--as-group=${group}`),
      ]);
    expect(await as("x y", "g,2")).toEqual({
      code: 0,
      stdout: "",
      stderr: "No resources found in team-a namespace.\n",
    });
    const apart = await as("g", "2");
    expect(apart.stderr).toContain('User "carol" cannot list resource "modeldeployments"');
  });

  test("headers a client sends to kube-apiserver are not believed", async () => {
    const { url, certificates } = cluster.controlPlane;
    const eve = await certificates.issue("eve", []);
    const headers = { "x-remote-user": "admin", "x-remote-group": "system:masters" };
    const answer = await rawHttps(`${url}${collection}`, { ...eve, headers });
    expect(answer.status).toBe(403);
    expect(statusOf(answer).message).toContain('User "eve"');
  });

  test("the front proxy's word counts, with every group by itself", async () => {
    const { frontProxyClient } = cluster.controlPlane.certificates;
    const pair = {
      cert: readFileSync(frontProxyClient.certFile, "utf8"),
      key: readFileSync(frontProxyClient.keyFile, "utf8"),
    };
    const bob = await rawHttps(`${server.url}${collection}`, { ...pair, headers: asProxied });
    expect(bob.status).toBe(200);
    const carol = await rawHttps(`${server.url}${collection}`, {
      ...pair,
      headers: { "x-remote-user": "carol", "x-remote-group": ["a", "g,2"] },
    });
    expect(carol.status).toBe(200);
  });

  test("a certificate of the proxy's CA with another name is refused", async () => {
    const pair = await frontProxy("somebody");
    const answer = await rawHttps(`${server.url}${collection}`, { ...pair, headers: asProxied });
    expect([answer.status, statusOf(answer).message]).toEqual([401, "Unauthorized"]);
  });

  test("another front proxy is believed from the moment the cluster names it until it no longer does", async () => {
    const map = "configmap extension-apiserver-authentication -n kube-system";
    const directory = path.join(cluster.directory, "other-proxy");
    const pki = await Pki.open({ directory, clock: realClock(), servingNames: [] });
    const other = await pki.issueClient({ name: "other-proxy", groups: [] });
    const wrongName = await pki.issueClient({ name: "other", groups: [] });
    const { frontProxyClient } = cluster.controlPlane.certificates;
    const own = {
      cert: readFileSync(frontProxyClient.certFile, "utf8"),
      key: readFileSync(frontProxyClient.keyFile, "utf8"),
    };
    const as = async (pair: { cert: string; key: string }): Promise<number> =>
      (await rawHttps(`${server.url}${collection}`, { ...pair, headers: asProxied })).status;
    const becomes = (pair: { cert: string; key: string }, status: number): Promise<unknown> =>
      eventually(`an answer of ${String(status)}`, async () =>
        (await as(pair)) === status ? true : undefined,
      );
    interface Trust {
      readonly data: Readonly<Record<string, string>>;
    }
    const read = async (): Promise<Trust["data"]> =>
      (JSON.parse(await admin(`get ${map} -o json`)) as Trust).data;
    const patch = (data: Trust["data"]): Promise<string> =>
      admin(["patch", ...map.split(" "), "--type=merge", "-p", JSON.stringify({ data })]);
    const cas = "requestheader-client-ca-file";
    const names = "requestheader-allowed-names";

    const before = await read();
    expect([await as(other), await as(wrongName), await as(own)]).toEqual([401, 401, 200]);
    const allowed = JSON.parse(before[names] ?? "[]") as readonly string[];
    await patch({
      [cas]: `${before[cas]?.trimEnd() ?? ""}\n${pki.ca.cert}`,
      [names]: JSON.stringify([...allowed, "other-proxy"]),
    });
    await becomes(other, 200);
    expect([await as(wrongName), await as(own)]).toEqual([401, 200]);

    // The CA goes, the name stays; and then the name with it.
    await patch({ [cas]: before[cas] ?? "" });
    await becomes(other, 401);
    expect([await as(wrongName), await as(own)]).toEqual([401, 200]);
    await patch({ [names]: before[names] ?? "" });
    await becomes(own, 200);
    await available(cluster);
  });

  test("a client certificate makes its own user, whatever the headers say", async () => {
    const eve = await cluster.controlPlane.certificates.issue("eve", []);
    const answer = await rawHttps(`${server.url}${collection}`, { ...eve, headers: asProxied });
    expect(answer.status).toBe(403);
    expect(statusOf(answer).message).toContain('User "eve"');
    const bob = await cluster.controlPlane.certificates.issue("bob", []);
    expect((await rawHttps(`${server.url}${collection}`, bob)).status).toBe(200);
  });

  test.each([asProxied, { "x-remote-group": "system:masters" }])(
    "the proxy's headers without its certificate are refused: %j",
    async (headers) => {
      const answer = await rawHttps(`${server.url}${collection}`, { headers });
      expect([answer.status, statusOf(answer).message]).toEqual([401, "Unauthorized"]);
    },
  );

  test("without a credential one is nobody, with a wrong one one is refused", async () => {
    const nobody = await rawHttps(`${server.url}${collection}`);
    expect([nobody.status, statusOf(nobody).message]).toEqual([
      403,
      'modeldeployments.hawsepipe.dev is forbidden: User "system:anonymous" cannot list resource "modeldeployments" in API group "hawsepipe.dev" in the namespace "team-a"',
    ]);
    const garbage = await rawHttps(`${server.url}${collection}`, {
      headers: { authorization: "Bearer garbage" },
    });
    expect(garbage.status).toBe(401);
    expect((await rawHttps(`${server.url}/readyz`)).status).toBe(200);
  });

  test("a service account's token is good here too", async () => {
    const token = (await admin("create token robot -n team-a")).trim();
    const headers = { authorization: `Bearer ${token}` };
    const spoofing = await rawHttps(`${server.url}${collection.replace("team-a", "team-b")}`, {
      headers: { ...headers, "x-remote-user": "admin", "x-remote-group": "system:masters" },
    });
    expect([spoofing.status, statusOf(spoofing).message]).toEqual([
      403,
      expect.stringContaining('User "system:serviceaccount:team-a:robot"'),
    ]);
    expect((await rawHttps(`${server.url}${collection}`, { headers })).status).toBe(200);
    const elsewhere = await rawHttps(`${server.url}${collection.replace("team-a", "team-b")}`, { headers });
    expect(statusOf(elsewhere).message).toContain('User "system:serviceaccount:team-a:robot"');
  });

  test("records are nobody's to read, and a change of rights counts within seconds", async () => {
    const eve = kubectlFor(await cluster.userKubeconfig("eve", []));
    expect((await eve(`get records.storage.hawsepipe.dev -n ${systemNamespace}`)).stderr).toContain(
      "forbidden",
    );
    await admin("create rolebinding eve --clusterrole=hawsepipe-view --user=eve -n team-a");
    await eventually(
      "eve may read",
      async () => {
        const { code, stderr } = await eve("get mdep -n team-a");
        if (code !== 0) throw new Error(stderr);
        return true;
      },
      60,
    );
  });
});
