import { execFile } from "node:child_process";
import { cpus, release, totalmem } from "node:os";
import { promisify } from "node:util";
import { findProgram, programFolders } from "../../controlplane/programs.ts";
import type { Machine } from "./run.ts";

const run = promisify(execFile);

/** The machine this runs on and the versions of what is compared. */
export async function describeMachine(): Promise<Machine> {
  const versions: Record<string, string> = { node: process.version };
  for (const name of ["kube-apiserver", "etcd"] as const) {
    const file = findProgram(name, programFolders(process.env));
    if (file === undefined) continue;
    const { stdout } = await run(file, ["--version"]);
    const version = /v?\d+\.\d+\.\d+\S*/.exec(stdout)?.[0];
    if (version !== undefined) versions[name] = version;
  }
  return {
    processors: `${String(cpus().length)} × ${cpus()[0]?.model.trim() ?? "?"}`,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    versions,
    date: new Date().toISOString().slice(0, 10),
  };
}
