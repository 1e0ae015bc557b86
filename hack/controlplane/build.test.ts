/** What build.sh leaves alone because it is given, with a Go that only writes down what it is asked to build. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findProgram } from "./programs.ts";

const envtest = ["etcd", "kube-apiserver", "kubectl"] as const;
const others = ["kube-controller-manager", "kube-scheduler", "kwok", "helm", "registry"] as const;

let root: string;
let assets: string;
let commands: string;

/** An executable file of one shell script. */
function script(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/usr/bin/env bash\n${text}\n`);
  chmodSync(file, 0o755);
}

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "build-"));
  assets = path.join(root, "assets");
  commands = path.join(root, "path");
  mkdirSync(path.join(root, "hack/controlplane"), { recursive: true });
  copyFileSync(path.join(import.meta.dirname, "build.sh"), path.join(root, "hack/controlplane/build.sh"));
  for (const folder of ["etcd", "kubernetes", "kwok", "helm", "registry"]) {
    mkdirSync(path.join(root, "hack/controlplane", folder));
  }
  mkdirSync(assets);
  for (const name of envtest) {
    script(path.join(root, "elsewhere", name), "exit 0");
    symlinkSync(path.join(root, "elsewhere", name), path.join(assets, name));
  }
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const bin = (): string => path.join(root, ".cache/bin");

function build(programs: readonly string[], options: { readonly go: boolean; readonly given: boolean }) {
  const tools = ["bash", "dirname", "realpath", "mkdir", "cat", "cut", "rm", "install", "env"];
  for (const tool of tools) {
    const file = (process.env["PATH"] ?? "")
      .split(":")
      .map((folder) => path.join(folder, tool))
      .find(existsSync);
    mkdirSync(commands, { recursive: true });
    if (file !== undefined) symlinkSync(file, path.join(commands, tool));
  }
  // `list` is asked for versions and for kwok's folder, `build` for a file.
  const stages = path.join(root, "module/kustomize/stage");
  for (const stage of [
    "node/fast/node-initialize",
    "node/heartbeat-with-lease/node-heartbeat-with-lease",
    ...["ready", "complete", "delete"].map((name) => `pod/fast/pod-${name}`),
  ]) {
    script(path.join(stages, `${stage}.yaml`), "");
  }
  const go = `case "$*" in *Dir*) echo ${root}/module ;; list*) echo v1.35.0 ;; *)
while [ "$1" != -o ]; do shift; done; cat /dev/null >"$2" ;; esac`;
  if (options.go) script(path.join(commands, "go"), go);
  const env = { PATH: commands, ...(options.given ? { KUBEBUILDER_ASSETS: "assets" } : {}) };
  const { status, stderr, stdout } = spawnSync("bash", ["hack/controlplane/build.sh", ...programs], {
    cwd: root,
    env,
    encoding: "utf8",
  });
  const built = [...envtest, ...others].filter((name) => existsSync(path.join(bin(), name)));
  return { status, stderr, stdout, built };
}

describe("build.sh", () => {
  test("builds everything where nothing is given", () => {
    expect(build(["all"], { go: true, given: false })).toMatchObject({
      status: 0,
      built: [...envtest, ...others],
    });
  });

  test("builds what the folder of setup-envtest lacks, and both together are a control plane", () => {
    expect(build(["all"], { go: true, given: true })).toMatchObject({ status: 0, built: [...others] });
    const found = [...envtest, ...others].map((name) => findProgram(name, [assets, bin()]));
    expect(found).toEqual([
      ...envtest.map((name) => path.join(assets, name)),
      ...others.map((name) => path.join(bin(), name)),
    ]);
    expect(existsSync(path.join(bin(), "kwok-stages/pod-ready.yaml"))).toBe(true);
  });

  test("needs no Go where everything asked for is given", () => {
    expect(build([...envtest], { go: false, given: true })).toEqual({
      ...{ status: 0, stderr: "", stdout: "", built: [] },
    });
  });

  test("says without Go what is lacking", () => {
    const { status, stderr } = build(["all"], { go: false, given: true });
    expect(status).toBe(1);
    expect(stderr).toContain(`cannot be built: ${others.join(" ")};`);
  });

  test("takes no kwok without its stages", () => {
    script(path.join(assets, "kwok"), "exit 0");
    expect(build(["kwok"], { go: true, given: true }).built).toEqual(["kwok"]);
    mkdirSync(path.join(assets, "kwok-stages"));
    rmSync(path.join(bin(), "kwok"));
    rmSync(commands, { recursive: true });
    expect(build(["kwok"], { go: true, given: true }).built).toEqual([]);
  });
});
