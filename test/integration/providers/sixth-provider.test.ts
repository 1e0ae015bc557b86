/**
 * A provider is one folder and one line: a copy of the program gets both, and serves it from readiness to status without
 * another change.
 */
import { cpSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ModelDeployment } from "../../../api/modeldeployment/v1alpha2/types.ts";
import type { Client, ResourceRef } from "../../../cluster/client.ts";
import { clientFor, modelDeployments } from "../../support/client.ts";
import { eventually } from "../../support/in-process.ts";
import { aDeployment } from "../../support/objects.ts";
import type { StandaloneServer } from "../../support/standalone.ts";
import {
  removeDirectory,
  repository,
  startStandalone,
  temporaryDirectory,
} from "../../support/standalone.ts";

const fixture = path.join(repository, "test/fixtures/sixth-provider");
const barges: ResourceRef = {
  ...{ group: "harbour.example.com", version: "v1", resource: "barges", kind: "Barge" },
  namespaced: true,
};

let root: string;
let server: StandaloneServer;
let http: { readonly client: Client; close(): Promise<void> };

beforeAll(async () => {
  root = temporaryDirectory();
  copyProgram();
  const registry = path.join(root, "transformers/registry.ts");
  const text = readFileSync(registry, "utf8");
  const line = 'import { barge } from "../test/fixtures/sixth-provider/provider.ts";\n';
  const registered = text.replace(/(readonly Transformer\[\] = \[)/, "$1barge, ");
  expect(registered).not.toBe(text);
  writeFileSync(registry, line + registered);
  server = await startStandalone({ root, flags: ["--crds", fixture] });
  http = clientFor(server.kubeconfig);
});
afterAll(async () => {
  await http.close();
  await server.stop();
  removeDirectory(server.dataDir);
  removeDirectory(root);
});

function copyProgram(): void {
  const isSource = (file: string): boolean => !/\.(test|golden)\.?/.test(path.basename(file));
  for (const entry of readdirSync(repository, { withFileTypes: true })) {
    const from = path.join(repository, entry.name);
    if (entry.name === "node_modules") symlinkSync(from, path.join(root, entry.name));
    else if (!/^(\.|test$|docs$|hack$)/.test(entry.name)) {
      cpSync(from, path.join(root, entry.name), { recursive: true, filter: isSource });
    }
  }
  cpSync(fixture, path.join(root, "test/fixtures/sixth-provider"), { recursive: true });
}

test("a sixth provider is ready, rendered for and followed like the others", async () => {
  const { client } = http;
  const providers = await client.resolve("hawsepipe.dev/v1alpha1", "InferenceProvider");
  if (providers === undefined) throw new Error("no InferenceProviders");
  await eventually("the provider to be ready", async () => {
    const found = await client.get(providers, { name: "barge" });
    if ((found as unknown as { status?: { ready?: boolean } }).status?.ready === true) return true;
    throw new Error(JSON.stringify(found));
  });

  const object = aDeployment("cargo", {
    provider: { name: "barge" },
    engine: { args: { "max-num-seqs": "1" } },
    serving: { replicas: 2 },
  });
  await client.create(modelDeployments, object);
  const at = { namespace: "default", name: "cargo" };
  const rendered = await eventually("the barge", () => client.get(barges, at));
  expect(rendered).toMatchObject({ spec: { cargo: "Qwen/Qwen3-0.6B", boats: 2 } });

  const status = { afloat: 2 };
  await client.mergePatch(
    barges,
    at,
    { status },
    {
      subresource: "status",
    },
  );
  const running = await eventually("phase Running", async () => {
    const found = (await client.get(modelDeployments, at)) as unknown as ModelDeployment;
    if (found.status?.phase === "Running") return found;
    throw new Error(JSON.stringify(found.status));
  });
  expect(running.status).toMatchObject({
    message: "2 of 2 boats are afloat",
    replicas: { desired: 2, ready: 2, available: 2 },
    unsupportedFields: [{ path: "spec.engine.args", reason: "barges take no flags" }],
  });
}, 180_000);
