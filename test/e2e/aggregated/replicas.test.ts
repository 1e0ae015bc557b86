/** Several replicas of what is shipped over one cluster: what one was told all know, and one that dies is not missed. */
import { request } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePorts } from "../../../hack/controlplane/ports.ts";
import { noControlPlane } from "../../support/control-plane.ts";
import type { Cluster, Replica } from "../../support/cluster.ts";
import { startCluster, systemNamespace, usable } from "../../support/cluster.ts";
import { eventually, succeeding } from "../../support/kubectl.ts";
import { buildImage } from "../../support/shipped-program.ts";

const reason = noControlPlane();
const collection = "/apis/hawsepipe.dev/v1alpha2/namespaces/team-a/modeldeployments";

interface Answer {
  readonly status: number;
  readonly body: { readonly items?: readonly { readonly metadata: { readonly name: string } }[] };
}

describe.skipIf(reason !== undefined)("two replicas", () => {
  let cluster: Cluster;
  let admin: (args: string | readonly string[], input?: string | object) => Promise<string>;
  let first: Replica;
  let second: Replica;

  beforeAll(async () => {
    cluster = await startCluster();
    admin = succeeding(cluster.admin);
    await admin("create namespace team-a");
    const [port = 0] = await freePorts(1);
    const program = await buildImage(cluster.directory);
    first = await cluster.startReplica({ program });
    second = await cluster.startReplica({ port, program });
    await usable(cluster);
    // Each of them learns of the providers by itself.
    for (const replica of [first, second]) {
      await eventually("a replica that takes deployments", async () =>
        (await call(replica, "POST", `${collection}?dryRun=All`, deployment("rehearsed"))).status === 201
          ? true
          : undefined,
      );
    }
  });
  afterAll(async () => {
    await cluster.close();
  });

  /** A request past kube-apiserver, to one replica, as a cluster administrator. */
  function call(replica: Replica, method: string, path: string, body?: object): Promise<Answer> {
    const { cert, key } = cluster.controlPlane.admin;
    return new Promise((resolve, reject) => {
      const outgoing = request(
        `${replica.url}${path}`,
        { method, cert, key, rejectUnauthorized: false, headers: { "content-type": "application/json" } },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("error", reject);
          incoming.on("end", () => {
            const text = Buffer.concat(chunks).toString();
            resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(text) as Answer["body"] });
          });
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  const deployment = (name: string): object => ({
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "ModelDeployment",
    metadata: { name },
    spec: {
      model: { id: "Qwen/Qwen3-0.6B" },
      engine: { type: "vllm" },
      provider: { name: "vllm" },
      serving: { resources: { gpu: { count: 1 } } },
    },
  });
  const names = async (replica: Replica): Promise<readonly string[]> => {
    const { body } = await call(replica, "GET", collection);
    return (body.items ?? []).map(({ metadata }) => metadata.name).sort();
  };

  test("a list sees every write that was acknowledged by the other replica", async () => {
    for (let i = 0; i < 10; i += 1) {
      const [writer, reader] = i % 2 === 0 ? [first, second] : [second, first];
      expect((await call(writer, "POST", collection, deployment(`seen-${String(i)}`))).status).toBe(201);
      expect(await names(reader)).toContain(`seen-${String(i)}`);
    }
  });

  test("both serve one certificate, whichever made it", async () => {
    const secret = await admin(
      `get secret hawsepipe-serving-cert -n ${systemNamespace} -o jsonpath={.metadata.resourceVersion}`,
    );
    expect(secret).not.toBe("");
    const { stdout } = await cluster.admin("get secrets -n hawsepipe-system -o name");
    expect(stdout.trim().split("\n")).toEqual(["secret/hawsepipe-serving-cert"]);
  });

  test("a reconcile asked of a replica that does not lead is done by the one that does", async () => {
    await admin("delete deployment seen-0 -n team-a --ignore-not-found");
    for (const replica of [first, second]) {
      expect((await call(replica, "POST", `${collection}/seen-0/reconcile`)).status).toBe(200);
    }
    await eventually("rendered again", async () =>
      (await cluster.admin("get deployment seen-0 -n team-a")).code === 0 ? true : undefined,
    );
  });
});
