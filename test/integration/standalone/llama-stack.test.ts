/** The samples of Llama Stack in a server without a cluster, and the settings that are followed while it runs. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LlamaStackDistribution } from "../../../api/llamastackdistribution/v1alpha2/types.ts";
import type { KubeObject } from "../../../api/meta/types.ts";
import { asJson } from "../../../api/meta/types.ts";
import { readManifests } from "../../../cli/manifests.ts";
import type { Client } from "../../../cluster/client.ts";
import { getPath } from "../../../machinery/json/value.ts";
import type { JsonObject } from "../../../machinery/json/value.ts";
import { llamaStackDistributions } from "../../../reconciler/llamastack/names.ts";
import { clientFor, configMaps, deployments } from "../../support/client.ts";
import { eventually } from "../../support/kubectl.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, repository, startStandalone } from "../../support/standalone.ts";

const folder = path.join(repository, "manifests/samples");
const samples = readdirSync(folder)
  .filter((file) => file.includes("llama-stack"))
  .sort();
const namespace = "default";
let server: StandaloneServer;
let open: ReturnType<typeof clientFor>;
let client: Client;
beforeAll(async () => {
  server = await startStandalone({ flags: ["--simulator"] });
  open = clientFor(server.kubeconfig);
  client = open.client;
});
afterAll(async () => {
  await open.close();
  await server.stop();
  removeDirectory(server.dataDir);
});

async function read(name: string): Promise<LlamaStackDistribution> {
  return (await client.get(llamaStackDistributions, {
    namespace,
    name,
  })) as unknown as LlamaStackDistribution;
}

const until = (
  name: string,
  isSo: (distribution: LlamaStackDistribution) => boolean,
): Promise<LlamaStackDistribution> =>
  eventually(
    `${name} is as wanted`,
    async () => {
      const found = await read(name);
      return isSo(found) ? found : undefined;
    },
    60,
  );
const isReady = ({ status, metadata }: LlamaStackDistribution): boolean =>
  status?.phase === "Ready" &&
  status.conditions?.every((condition) => condition.observedGeneration === metadata.generation) === true;

/** The image of a server, the configuration it mounts, and how often its Deployment has changed. */
async function running(name: string): Promise<{ image: unknown; config: unknown; generation: unknown }> {
  const deployment = asJson(await client.get(deployments, { namespace, name }));
  const pod = getPath(deployment, "spec", "template", "spec") as JsonObject;
  const volume = (pod["volumes"] as JsonObject[]).find((found) => found["name"] === "config");
  return {
    image: (pod["containers"] as JsonObject[])[0]?.["image"],
    config: getPath(volume, "configMap", "name"),
    generation: getPath(deployment, "metadata", "generation"),
  };
}

const applied = async (object: KubeObject): Promise<KubeObject> => {
  const resource = await client.resolve(object.apiVersion, object.kind);
  if (resource === undefined) throw new Error(`${object.kind} is not served`);
  const inNamespace = { ...object, metadata: { namespace, ...object.metadata } };
  return (await client.apply(resource, inNamespace, { fieldManager: "test", force: true })).object;
};

test("every sample becomes Ready, in whichever version it is written", async () => {
  const names: string[] = [];
  for (const file of samples) {
    for (const { object } of readManifests([path.join(folder, file)])) {
      const sample = await applied(object as unknown as KubeObject);
      if (sample.kind === "LlamaStackDistribution") names.push(sample.metadata.name ?? "");
    }
  }
  expect(names).toHaveLength(7);
  for (const name of names) await until(name, isReady);

  const older = { ...llamaStackDistributions, version: "v1alpha1" };
  const simple = asJson(await client.get(older, { namespace, name: "stack-v1alpha1-simple" }));
  expect(simple["apiVersion"]).toBe("hawsepipe.dev/v1alpha1");
  expect(getPath(simple, "spec", "server", "containerSpec", "port")).toBe(8321);
  expect((await read("stack-v1alpha1-simple")).spec.networking).toEqual({ port: 8321 });
  expect((await read("stack-v1alpha1-simple")).status?.resolvedDistribution?.image).toBe(
    "docker.io/llamastack/distribution-starter:0.6.0",
  );
});

test("another distribution is another image with its configuration, in one update", async () => {
  await applied({
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "LlamaStackDistribution",
    metadata: { name: "changing" },
    spec: { distribution: { name: "starter" } },
  });
  await until("changing", isReady);
  const before = await running("changing");
  expect(before.config).toBeUndefined();
  await client.mergePatch(
    llamaStackDistributions,
    { namespace, name: "changing" },
    { spec: { distribution: { name: "meta-reference-gpu" }, disabled: ["eval"] } },
  );
  const changed = await until(
    "changing",
    (found) => isReady(found) && found.status?.configGeneration !== undefined,
  );
  expect(await running("changing")).toEqual({
    image: "docker.io/llamastack/distribution-meta-reference-gpu:0.4.0",
    config: changed.status?.configGeneration?.configMapName,
    generation: Number(before.generation) + 1,
  });
});

test("an image that an administrator puts in the place of another is followed, in one update, and taken back", async () => {
  const settings = (override: string) =>
    ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "hawsepipe-llamastack", namespace: "hawsepipe-system" },
      // Nobody is asked for what is in the image.
      data: { "image-overrides": override, registries: "nobody.example:\n" },
    }) as unknown as KubeObject;
  await applied({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "hawsepipe-system" },
  });
  const before = await running("stack-simple");
  await applied(settings("starter: mirror.example/llama/starter:0.6.0\n"));
  const image = (wanted: string) => (found: LlamaStackDistribution) =>
    isReady(found) && found.status?.resolvedDistribution?.image === wanted;
  const moved = await until("stack-simple", image("mirror.example/llama/starter:0.6.0"));
  // The configuration is the built-in one whatever registry the image comes from.
  expect(await running("stack-simple")).toEqual({
    image: "mirror.example/llama/starter:0.6.0",
    config: before.config,
    generation: Number(before.generation) + 1,
  });
  expect(moved.status?.resolvedDistribution?.configSource).toBe("embedded");
  await client.delete(configMaps, { namespace: "hawsepipe-system", name: "hawsepipe-llamastack" });
  await until("stack-simple", image("docker.io/llamastack/distribution-starter:0.6.0"));
  expect((await running("stack-simple")).image).toBe(before.image);
});

test("the host of an exposed server that names none follows the domain an administrator sets", async () => {
  const name = "exposed";
  const ingresses = await client.resolve("networking.k8s.io/v1", "Ingress");
  if (ingresses === undefined) throw new Error("Ingresses are not served");
  const becomes = (host: string | undefined): Promise<boolean> =>
    eventually(
      `the host to be ${host ?? "every one"}`,
      async () => {
        const ingress = asJson(await client.get(ingresses, { namespace, name: `${name}-ingress` }));
        const rules = getPath(ingress, "spec", "rules") as readonly JsonObject[];
        return rules.length === 1 && rules[0]?.["host"] === host ? true : undefined;
      },
      60,
    );
  const domain = (data: object): Promise<KubeObject> =>
    applied({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "hawsepipe-llamastack", namespace: "hawsepipe-system" },
      data,
    });
  await applied({
    apiVersion: "hawsepipe.dev/v1alpha2",
    kind: "LlamaStackDistribution",
    metadata: { name },
    spec: { distribution: { name: "starter" }, networking: { expose: {} } },
  });
  await until(name, isReady);
  await becomes(undefined);
  await domain({ "expose-domain": "apps.example.com" });
  await becomes("exposed-default.apps.example.com");
  await domain({ "expose-domain": "stacks.example.org" });
  await becomes("exposed-default.stacks.example.org");
  await domain({ "expose-domain": "*" });
  await becomes(undefined);
});
