/** The program as it is shipped: the files and the command of the Dockerfile, laid out in a folder instead of an image. */
import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ResourceRef } from "../../../cluster/client.ts";
import { clientFor, configMaps } from "../../support/client.ts";
import { readDockerfile } from "../../support/image.ts";
import type { ShippedProgram } from "../../support/shipped-program.ts";
import { buildImage } from "../../support/shipped-program.ts";
import { removeDirectory, repository, temporaryDirectory } from "../../support/standalone.ts";

const run = promisify(execFile);
const modelDeployments: ResourceRef = {
  group: "hawsepipe.dev",
  version: "v1alpha2",
  resource: "modeldeployments",
  kind: "ModelDeployment",
  namespaced: true,
};

const dockerfile = readDockerfile();
let directory = "";
let program: ShippedProgram;

beforeAll(async () => {
  directory = temporaryDirectory();
  program = await buildImage(directory);
}, 300_000);
afterAll(() => {
  removeDirectory(directory);
});

describe("the built program", () => {
  test("is all the image holds, and is started as nobody in particular", () => {
    const { workdir } = program;
    expect(readdirSync(workdir).sort()).toEqual(["dist"]);
    const sources = readdirSync(path.join(workdir, "dist"), { recursive: true, encoding: "utf8" });
    expect(sources.filter((file) => /\.tsx?$|\.test\./.test(file))).toEqual([]);
    expect(existsSync(path.join(workdir, dockerfile.entrypoint[1] ?? ""))).toBe(true);
    expect(dockerfile.command).toEqual(["serve"]);
    expect(Number(dockerfile.user.split(":")[0])).toBeGreaterThan(0);
  });

  test("says its version", async () => {
    const { version } = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8")) as {
      version: string;
    };
    expect((await shipped(["version"])).stdout).toContain(version);
  });

  test("renders a sample as the sources do", async () => {
    const sample = path.join(repository, "manifests/samples/11-vllm-full.yaml");
    const { stdout } = await shipped(["render", "-f", sample]);
    const source = await run(process.execPath, ["cli/main.ts", "render", "-f", sample], { cwd: repository });
    expect(stdout).toBe(source.stdout);
    expect(stdout).toContain("kind: Deployment");
  });

  test("reads a kubeconfig, for which it loads what nothing else needs", async () => {
    const file = path.join(program.volume, "cluster.kubeconfig");
    writeFileSync(file, "{ apiVersion: v1, kind: Config, clusters: [], contexts: [], users: [] }\n");
    const asked = shipped(["serve", "--kubeconfig", file, "--context", "none"]);
    await expect(asked).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${file} has no context "none"`) as string,
    });
  });

  test("serves, keeps objects over a restart and ends cleanly", async () => {
    const flags = [
      ...dockerfile.command,
      "--standalone",
      "--secure-port",
      "0",
      "--data-dir",
      path.join(program.volume, "data"),
    ];
    const kubeconfig = path.join(program.volume, "kubeconfig");
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

function shipped(args: readonly string[]): Promise<{ readonly stdout: string }> {
  const { file, args: all, options } = program.invocation(args);
  return run(file, all, options);
}

async function serve(args: readonly string[]): Promise<{ stop(): Promise<number | null> }> {
  const { file, args: all, options } = program.invocation(args);
  const child = spawn(file, all, { ...options, stdio: ["ignore", "pipe", "pipe"] });
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
