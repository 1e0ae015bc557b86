/** The cluster's etcd stands still for a while: nothing is taken for gone, and everything goes on by itself afterwards. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Cluster, Replica } from "../../support/cluster.ts";
import { available, startCluster } from "../../support/cluster.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { aDeployment } from "../../support/objects.ts";
import { rawHttps } from "../../support/raw-https.ts";

const reason = noControlPlane();
const collection = "/apis/hawsepipe.dev/v1alpha2/namespaces/team-a/modeldeployments";

describe.skipIf(reason !== undefined)("an etcd that stands still", () => {
  let cluster: Cluster;
  let server: Replica;
  let admin: (args: string | readonly string[], input?: string | object) => Promise<string>;

  beforeAll(async () => {
    // With the garbage collector, which must not take an owner that cannot be read for one that is gone.
    cluster = await startCluster({ controllerManager: true });
    server = await cluster.startReplica();
    await available(cluster);
    admin = succeeding(cluster.admin);
    await admin("create namespace team-a");
    await admin("create -f -", aDeployment("one", {}, "team-a"));
    await eventually("rendered", async () =>
      (await cluster.admin("get deployment one -n team-a")).code === 0 ? true : undefined,
    );
  });
  afterAll(async () => {
    signal("SIGCONT");
    await cluster.close();
  });

  /** Stops and continues etcd, and nothing else. */
  function signal(name: "SIGSTOP" | "SIGCONT"): void {
    const pid = cluster.controlPlane.programs.find((program) => program.name === "etcd")?.pid;
    if (pid !== undefined) process.kill(pid, name);
  }

  interface Outcome {
    readonly what: string;
    readonly status: number;
    readonly text: string;
  }

  /** Sends and waits for the answer however long it takes; 0 is a connection that broke. */
  async function ask(what: string, path: string, method = "GET", body?: object): Promise<Outcome> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const more = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": type } };
    const request = { ...cluster.controlPlane.admin, method, ...more };
    return rawHttps(`${server.url}${path}`, request).then(
      ({ status, text }) => ({ what, status, text }),
      (error: unknown) => ({ what, status: 0, text: String(error) }),
    );
  }

  test("no false 404 while it lasts, nothing deleted, and full recovery without help", async () => {
    const one = `${collection}/one`;
    const uidOf = (kind: string): Promise<string> =>
      admin(`get ${kind} one -n team-a -o jsonpath={.metadata.uid}`);
    const uids = [await uidOf("deployment"), await uidOf("service")];
    const asked: Promise<Outcome>[] = [];
    signal("SIGSTOP");
    for (let second = 0; second < 30; second += 1) {
      asked.push(
        ask("exact", one),
        ask("exact", collection),
        ask("cached", `${one}?resourceVersion=0`),
        ask("cached", `${collection}?resourceVersion=0`),
      );
      if (second % 5 === 0) {
        const name = `meanwhile-${String(second)}`;
        const annotations = { seen: String(second) };
        asked.push(
          ask("write", collection, "POST", aDeployment(name, {}, "team-a")),
          ask("write", one, "PATCH", { metadata: { annotations } }),
          ask("write", `${one}/scale`, "PATCH", { spec: { replicas: 2 } }),
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    signal("SIGCONT");
    const answers = await Promise.all(asked);
    const of = (wanted: string): readonly Outcome[] => answers.filter(({ what }) => what === wanted);
    const others = (wanted: string, ...statuses: readonly number[]): readonly Outcome[] =>
      of(wanted).filter(({ status }) => !statuses.includes(status));
    // From memory, all the time.
    expect(others("cached", 200)).toEqual([]);
    // What must be true now waits for etcd or says to come back; it never says that something is not there.
    expect(others("exact", 200, 503)).toEqual([]);
    expect(of("exact").filter(({ status }) => status === 503).length).toBeGreaterThan(10);
    expect(others("write", 200, 201, 409, 500, 503, 504)).toEqual([]);
    expect(of("write").filter(({ status }) => status >= 500).length).toBeGreaterThan(0);
    for (const { text } of of("exact").filter(({ status }) => status === 503)) {
      expect(JSON.parse(text)).toMatchObject({ kind: "Status", reason: "ServiceUnavailable" });
    }

    await available(cluster, 60);
    await eventually(
      "writes work again",
      async () => {
        const { code, stderr } = await cluster.admin("create -f -", aDeployment("after", {}, "team-a"));
        if (code === 0 || stderr.includes("already exists")) return true;
        throw new Error(stderr);
      },
      60,
    );
    // Whatever was acknowledged is there.
    const created = of("write").filter(({ status }) => status === 201);
    const names = created.map(
      ({ text }) => (JSON.parse(text) as { metadata: { name: string } }).metadata.name,
    );
    for (const name of [...names, "after"]) {
      await eventually(
        `${name} to be rendered`,
        async () =>
          (await cluster.admin(`get mdep/${name} deployment/${name} service/${name} -n team-a`)).code === 0
            ? true
            : undefined,
        60,
      );
    }
    expect([await uidOf("deployment"), await uidOf("service")]).toEqual(uids);
  }, 240_000);
});
