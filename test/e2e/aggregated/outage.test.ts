/** The cluster's etcd stands still for a while: nothing is taken for gone, and everything goes on by itself afterwards. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cluster, Replica } from "../../support/cluster.ts";
import { available, noControlPlane, startCluster } from "../../support/cluster.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { rawHttps } from "../../support/raw-https.ts";

const reason = noControlPlane();
const collection = "/apis/hawsepipe.dev/v1alpha2/namespaces/team-a/modeldeployments";

const deployment = (name: string): object => ({
  apiVersion: "hawsepipe.dev/v1alpha2",
  kind: "ModelDeployment",
  metadata: { name, namespace: "team-a" },
  spec: {
    model: { id: "Qwen/Qwen3-0.6B" },
    engine: { type: "vllm" },
    provider: { name: "vllm" },
    serving: { resources: { gpu: { count: 1 } } },
  },
});

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
    await admin("create -f -", deployment("one"));
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

  test("no false 404 while it lasts, nothing deleted, and full recovery without help", async () => {
    const uid = await admin("get deployment one -n team-a -o jsonpath={.metadata.uid}");
    signal("SIGSTOP");
    const statuses: number[] = [];
    const until = Date.now() + 30_000;
    while (Date.now() < until) {
      const answer = rawHttps(`${server.url}${collection}/one`, cluster.controlPlane.admin).then(
        ({ status }) => status,
        () => 0,
      );
      const late = new Promise<number>((resolve) => setTimeout(resolve, 5000, 0));
      statuses.push(await Promise.race([answer, late]));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const created = await Promise.race([
      rawHttps(`${server.url}${collection}`, {
        ...cluster.controlPlane.admin,
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(deployment("meanwhile")),
      }).then(
        ({ status }) => status,
        () => 0,
      ),
      new Promise<number>((resolve) => setTimeout(resolve, 8000, 0)),
    ]);
    signal("SIGCONT");
    // No answer in time is 0.
    expect(statuses.filter((status) => ![0, 200, 429, 500, 503, 504].includes(status))).toEqual([]);
    expect([0, 500, 503, 504]).toContain(created);

    await available(cluster, 60);
    await eventually(
      "writes work again",
      async () => {
        const { code, stderr } = await cluster.admin("create -f -", deployment("after"));
        if (code === 0 || stderr.includes("already exists")) return true;
        throw new Error(stderr);
      },
      60,
    );
    expect(await admin("get deployment one -n team-a -o jsonpath={.metadata.uid}")).toBe(uid);
    await eventually(
      "what was accepted afterwards is rendered",
      async () => ((await cluster.admin("get deployment after -n team-a")).code === 0 ? true : undefined),
      60,
    );
  }, 240_000);
});
