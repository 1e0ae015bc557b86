/** What a deployment is rendered to, what is stored of it, and what a restart makes of both. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../../api/meta/types.ts";
import type { ModelDeployment } from "../../../api/modeldeployment/v1alpha2/types.ts";
import type { Client } from "../../../cluster/client.ts";
import { clientFor, modelDeployments } from "../../support/client.ts";
import { eventually } from "../../support/kubectl.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, repository, startStandalone } from "../../support/standalone.ts";

const servers: StandaloneServer[] = [];
afterEach(async () => {
  for (const server of servers) await server.stop("SIGKILL");
  for (const { dataDir } of servers.splice(0)) removeDirectory(dataDir);
});

async function start(dataDir?: string): Promise<StandaloneServer> {
  const options = dataDir === undefined ? {} : { dataDir };
  const server = await startStandalone({ ...options, flags: ["--simulator"] });
  servers.push(server);
  return server;
}

async function createSamples(client: Client): Promise<void> {
  const folder = path.join(repository, "manifests/samples");
  for (const file of readdirSync(folder).sort()) {
    for (const document of parseAllDocuments(readFileSync(path.join(folder, file), "utf8"))) {
      const object = document.toJS() as KubeObject;
      const resource = await client.resolve(object.apiVersion, object.kind);
      if (resource === undefined) throw new Error(`${object.kind} is not served`);
      await client.create(resource, {
        ...object,
        metadata: { ...object.metadata, namespace: object.metadata.namespace ?? "default" },
      });
    }
  }
}

/** Everything about the deployments and what was made of them, once all are Running and nobody has more to say. */
async function settled(client: Client): Promise<{ deployments: ModelDeployment[]; rendered: KubeObject[] }> {
  let last = "";
  let looks = 0;
  const deployments = await eventually("every phase Running for good", async () => {
    const { items } = await client.list(modelDeployments, { namespace: "default" });
    const all = items as unknown as ModelDeployment[];
    const text = JSON.stringify(all);
    const isRunning = all.length > 0 && all.every(({ status }) => status?.phase === "Running");
    looks = isRunning && text === last ? looks + 1 : 0;
    last = text;
    return looks === 10 ? all : undefined;
  });
  const rendered: KubeObject[] = [];
  for (const { status } of deployments) {
    for (const { apiVersion = "", kind = "", name = "" } of status?.rendered?.resources ?? []) {
      const resource = await client.resolve(apiVersion, kind);
      if (resource === undefined) throw new Error(`${kind} is not served`);
      rendered.push(await client.get(resource, { namespace: "default", name }));
    }
  }
  return { deployments, rendered };
}

const keyOf = ({ apiVersion, kind, metadata }: KubeObject): string =>
  `${apiVersion} ${kind} ${metadata.name ?? ""}`;

test("the manifests of every sample are what is stored, and a restart writes nothing", async () => {
  const first = await start();
  const before = clientFor(first.kubeconfig);
  await createSamples(before.client);
  const { deployments, rendered } = await settled(before.client);
  const stored = new Map(rendered.map((object) => [keyOf(object), object]));
  const read = new Set<string>();
  for (const { metadata } of deployments) {
    const list = (await before.client.getRaw(
      `/apis/hawsepipe.dev/v1alpha2/namespaces/default/modeldeployments/${metadata.name ?? ""}/manifests`,
    )) as { items: KubeObject[] };
    for (const item of list.items) {
      read.add(keyOf(item));
      expect(stored.get(keyOf(item))).toMatchObject(item);
    }
  }
  expect([...read].sort()).toEqual([...stored.keys()].sort());
  await before.close();
  await first.stop();

  const second = await start(first.dataDir);
  const after = clientFor(second.kubeconfig);
  await eventually("a pass over every deployment", async () => {
    const metrics = (await metricsOf(after)).match(
      /^controller_runtime_reconcile_total\{(?=.*controller="modeldeployment").*result="success".*\} (\d+)$/m,
    );
    return Number(metrics?.[1]) >= deployments.length || undefined;
  });
  const again = await settled(after.client);
  const hashes = ({ status, metadata }: ModelDeployment): unknown => [
    metadata.name,
    metadata.resourceVersion,
    status?.rendered?.hash,
  ];
  expect(again.deployments.map(hashes)).toEqual(deployments.map(hashes));
  expect(again.rendered).toEqual(rendered);
  await after.close();
});

async function metricsOf({ transport }: ReturnType<typeof clientFor>): Promise<string> {
  const response = await transport.request({ method: "GET", path: "/metrics", headers: {} });
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
