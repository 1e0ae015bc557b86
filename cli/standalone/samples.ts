import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { isApiError } from "../../api/errors/api-error.ts";
import type { KubeObject } from "../../api/meta/types.ts";
import { getPath } from "../../machinery/json/value.ts";
import type { JsonValue } from "../../machinery/json/value.ts";
import type { Io } from "../command.ts";
import { readManifests } from "../manifests.ts";
import type { Standalone } from "./start.ts";

export interface SamplesOptions {
  readonly server: Standalone;
  readonly directory: string;
  readonly dataDir: string;
  /** The file named in the commands that are printed. */
  readonly kubeconfig: string;
  readonly io: Io;
}

/** How long the samples may take to come up before the table is printed as it is. */
const patienceMs = 15_000;

/** Applies the samples unless this data directory has had them, prints what became of them and how to go on. */
export async function applySamples(options: SamplesOptions): Promise<void> {
  const { server, directory, dataDir, io } = options;
  const marker = path.join(dataDir, "samples-applied");
  if (!existsSync(marker)) {
    io.out("applying the samples:\n");
    let failures = 0;
    for (const { source, object } of readManifests([directory])) {
      const sample = object as unknown as KubeObject;
      const what = `${sample.kind} ${sample.metadata.name ?? ""}`;
      try {
        await apply(server, sample);
        io.out(`  applied ${what}\n`);
      } catch (error) {
        if (!isApiError(error)) throw error;
        failures += 1;
        io.out(`  refused ${what} (${path.basename(source)}): ${error.message}\n`);
      }
    }
    if (failures === 0) writeFileSync(marker, "");
    await settle(server, io.stop);
  }
  io.out(`\n${await table(server)}\n`);
  io.out(nextSteps(options));
}

async function apply(server: Standalone, object: KubeObject): Promise<void> {
  const resource = await server.client.resolve(object.apiVersion, object.kind);
  if (resource === undefined)
    throw new Error(`the kind ${object.kind} of ${object.apiVersion} is not served`);
  const namespaced: KubeObject = resource.namespaced
    ? { ...object, metadata: { namespace: "default", ...object.metadata } }
    : object;
  await server.client.apply(resource, namespaced, { fieldManager: "samples", force: true });
}

async function deployments(server: Standalone): Promise<readonly KubeObject[]> {
  const resource = await server.client.resolve("hawsepipe.dev/v1alpha2", "ModelDeployment");
  return resource === undefined ? [] : (await server.client.list(resource)).items;
}

const at = (object: KubeObject, ...keys: readonly string[]): string => {
  const value = getPath(object as unknown as JsonValue, ...keys);
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
};

/** Waits until every model runs or has failed, somebody asks to stop, or patience ends. */
async function settle(server: Standalone, stop: AbortSignal): Promise<void> {
  const end = Date.now() + patienceMs;
  while (Date.now() < end && !stop.aborted) {
    const all = await deployments(server);
    if (all.every((object) => ["Running", "Failed"].includes(at(object, "status", "phase")))) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function table(server: Standalone): Promise<string> {
  const rows = (await deployments(server)).map((object) => [
    object.metadata.namespace ?? "",
    object.metadata.name ?? "",
    at(object, "status", "phase") || "Pending",
    at(object, "spec", "provider", "name"),
    at(object, "spec", "engine", "type"),
    at(object, "spec", "model", "id"),
  ]);
  const header = ["NAMESPACE", "NAME", "PHASE", "PROVIDER", "ENGINE", "MODEL"];
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => (row[i] ?? "").length)));
  return [header, ...rows]
    .map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd())
    .join("\n");
}

function nextSteps({ kubeconfig, dataDir }: SamplesOptions): string {
  const shown = path.relative(process.cwd(), kubeconfig);
  return [
    "",
    "Go on in another terminal:",
    `  export KUBECONFIG=${shown.startsWith("..") ? kubeconfig : `$PWD/${shown}`}`,
    "  kubectl get modeldeployments,deployments,services,workspaces -A",
    "  kubectl explain modeldeployment.spec.serving",
    "  kubectl get mdep -w",
    "",
    `Objects, keys and logs are in ${path.relative(process.cwd(), dataDir) || dataDir}/. Ctrl-C ends the server.`,
    "",
  ].join("\n");
}
