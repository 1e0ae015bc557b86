/** The program as it is shipped: compiled, in a folder of its own, with the production dependencies and nothing else. */
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ResourceRef } from "../../../cluster/client.ts";
import { clientFor, configMaps } from "../../support/client.ts";
import { removeDirectory, repository, temporaryDirectory } from "../../support/standalone.ts";

const run = promisify(execFile);
const modelDeployments: ResourceRef = {
  group: "hawsepipe.dev",
  version: "v1alpha2",
  resource: "modeldeployments",
  kind: "ModelDeployment",
  namespaced: true,
};

let directory = "";
/** Node as in the image: sources in TypeScript cannot be run at all. */
const node = (args: readonly string[]): [string, string[], { cwd: string; env: NodeJS.ProcessEnv }] => [
  process.execPath,
  ["--no-experimental-strip-types", "dist/cli/main.js", ...args],
  { cwd: directory, env: { PATH: process.env["PATH"], HOME: directory } },
];

beforeAll(async () => {
  directory = temporaryDirectory();
  await run(process.execPath, ["hack/build.ts", path.join(directory, "dist")], { cwd: repository });
  const lock = JSON.parse(readFileSync(path.join(repository, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
  };
  for (const [location, { dev, devOptional }] of Object.entries(lock.packages)) {
    if (location === "" || dev === true || devOptional === true) continue;
    const target = path.join(directory, location);
    mkdirSync(path.dirname(target), { recursive: true });
    cpSync(path.join(repository, location), target, {
      recursive: true,
      filter: (source) => !source.slice(repository.length + location.length + 1).includes("/node_modules"),
    });
  }
});
afterAll(() => {
  removeDirectory(directory);
});

describe("the built program", () => {
  test("says its version", async () => {
    const { version } = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8")) as {
      version: string;
    };
    expect((await run(...node(["version"]))).stdout).toContain(version);
  });

  test("renders a sample as the sources do", async () => {
    const sample = path.join(repository, "manifests/samples/11-vllm-full.yaml");
    const { stdout } = await run(...node(["render", "-f", sample]));
    const source = await run(process.execPath, ["cli/main.ts", "render", "-f", sample], { cwd: repository });
    expect(stdout).toBe(source.stdout);
    expect(stdout).toContain("kind: Deployment");
  });

  test("serves, keeps objects over a restart and ends cleanly", async () => {
    const flags = ["serve", "--standalone", "--secure-port", "0", "--data-dir", path.join(directory, "data")];
    const kubeconfig = path.join(directory, "kubeconfig");
    const first = await serve([...flags, "--kubeconfig-out", kubeconfig]);
    const before = clientFor(kubeconfig);
    await before.client.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "kept", namespace: "default" },
      data: { key: "value" },
    });
    const { object } = await before.client.create(modelDeployments, {
      apiVersion: "hawsepipe.dev/v1alpha2",
      kind: "ModelDeployment",
      metadata: { name: "qwen", namespace: "default" },
      spec: { model: { id: "Qwen/Qwen3-0.6B" }, engine: { type: "vllm" }, provider: { name: "vllm" } },
    });
    expect(object).toMatchObject({ spec: { serving: { mode: "aggregated" } } });
    await before.close();
    expect(await first.stop()).toBe(0);

    const second = await serve([...flags, "--kubeconfig-out", kubeconfig]);
    const after = clientFor(kubeconfig);
    const kept = await after.client.get(configMaps, { namespace: "default", name: "kept" });
    expect(kept).toMatchObject({ data: { key: "value" } });
    await after.close();
    expect(await second.stop()).toBe(0);
  });
});

async function serve(args: readonly string[]): Promise<{ stop(): Promise<number | null> }> {
  const [command, list, options] = node(args);
  const child = spawn(command, list, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  let output = "";
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes("ready at")) resolve();
    };
    child.stdout.on("data", onData);
    child.stderr.on("data", onData);
    void exited.then((code) => {
      reject(new Error(`the program ended with ${String(code)} before it was ready:\n${output}`));
    });
  });
  return {
    stop: () => {
      child.kill("SIGTERM");
      return exited;
    },
  };
}
