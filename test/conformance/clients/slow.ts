/** The clients that are slow to build the first time: fabric8's (Maven) and kube-rs (cargo). HAWSEPIPE_CLIENTS=all adds them. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { repository } from "../../support/standalone.ts";
import type { Command } from "./program.ts";
import { runToEnd } from "./program.ts";

const built = path.join(repository, ".cache/clients");

const unlessHere = (program: string): string | undefined =>
  spawnSync(program, ["--version"]).status === 0 ? undefined : `${program} is not installed`;

/** Why fabric8's client cannot be built here. */
export const mavenUnavailable = (): string | undefined => unlessHere("mvn");

/** Compiles the checks of fabric8's client. */
export async function fabric8Client(): Promise<Command> {
  const classPath = path.join(built, "fabric8/classpath");
  const goals = ["compile", "dependency:build-classpath", `-Dmdep.outputFile=${classPath}`];
  const cwd = path.join(import.meta.dirname, "fabric8");
  await runToEnd({ file: "mvn", args: ["--quiet", "--batch-mode", ...goals], cwd });
  const classes = [path.join(built, "fabric8/classes"), readFileSync(classPath, "utf8").trim()];
  return { file: "java", args: ["-cp", classes.join(path.delimiter), "dev.hawsepipe.clients.Main"] };
}

/** Why kube-rs cannot be built here. */
export const cargoUnavailable = (): string | undefined => unlessHere("cargo");

/** Compiles the checks of kube-rs. */
export async function kubeRsClient(): Promise<Command> {
  const target = path.join(built, "kube-rs");
  const env = { CARGO_TARGET_DIR: target, CARGO_PROFILE_DEV_DEBUG: "0" };
  const cwd = path.join(import.meta.dirname, "kube-rs");
  await runToEnd({ file: "cargo", args: ["build", "--quiet"], cwd, env });
  return { file: path.join(target, "debug/hawsepipe-clients"), args: [] };
}
