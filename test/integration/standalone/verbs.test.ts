/** Discovery tells the truth: for every kind there is, what it lists can be done, and what it does not list cannot. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCredentials, Wire } from "../../conformance/twins/wire.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import { removeDirectory, startStandalone } from "../../support/standalone.ts";

let server: StandaloneServer;
let wire: Wire;
beforeAll(async () => {
  server = await startStandalone({ flags: ["--log-level", "warn", "--no-controllers"] });
  wire = new Wire(readCredentials(server.kubeconfig));
});
afterAll(async () => {
  wire.close();
  await server.stop();
  removeDirectory(server.dataDir);
});

async function send(method: string, path: string, type?: string): Promise<{ status: number; body: string }> {
  if (type === undefined) return wire.send({ method, path, headers: {} });
  return wire.send({ method, path, headers: { "content-type": type }, body: Buffer.from("{}") });
}

interface Resource {
  readonly name: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** What a verb is over HTTP – a watch one that ends at once – and whether it is about the collection. */
const verbs: Readonly<
  Record<string, readonly [method: string, isOfAll: boolean, query?: string, type?: string]>
> = {
  get: ["GET", false],
  list: ["GET", true],
  watch: ["GET", true, "?watch=1&timeoutSeconds=-1"],
  create: ["POST", true, "?dryRun=All", "application/json"],
  update: ["PUT", false, "?dryRun=All", "application/json"],
  patch: ["PATCH", false, "?dryRun=All", "application/merge-patch+json"],
  delete: ["DELETE", false, "?dryRun=All"],
  deletecollection: ["DELETE", true, "?dryRun=All"],
};

/** The verbs of a kind that are served although discovery does not list them, and the other way round. */
async function lies(root: string, { name, namespaced, verbs: listed }: Resource): Promise<string[]> {
  const [plural = "", subresource] = name.split("/");
  const collection = `${root}/${namespaced ? "namespaces/default/" : ""}${plural}`;
  const found: string[] = [];
  for (const [verb, [method, isOfAll, query = "", type]] of Object.entries(verbs)) {
    if (subresource !== undefined && ["list", "watch", "deletecollection"].includes(verb)) continue;
    // A collection that cannot be read is the same question for both.
    if (verb === "watch" && !listed.includes("list")) continue;
    const item = `${collection}/none${subresource === undefined ? "" : `/${subresource}`}`;
    const path = isOfAll && subresource === undefined ? collection : item;
    const { status, body } = await send(method, path + query, type);
    const isAbsent = status === 405 || (status === 404 && !body.includes('"name":"none"'));
    if (isAbsent === listed.includes(verb)) found.push(`${verb} ${name}: ${String(status)} ${body}`);
  }
  return found;
}

test("every verb discovery lists for a kind works, and every other is not allowed", async () => {
  const { groups } = JSON.parse((await send("GET", "/apis")).body) as {
    groups: { versions: { groupVersion: string }[] }[];
  };
  const roots = groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => `/apis/${groupVersion}`));
  const found: string[] = [];
  let count = 0;
  for (const root of ["/api/v1", ...roots]) {
    const { resources } = JSON.parse((await send("GET", root)).body) as { resources: Resource[] };
    for (const resource of resources) {
      count += 1;
      found.push(...(await lies(root, resource)).map((lie) => `${root}: ${lie}`));
    }
  }
  expect(found).toEqual([]);
  expect(count).toBeGreaterThan(30);
});
