/** The image as a folder, and what it starts as a process of this machine that may no more than it might in a container. */
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { layOut, linkPackages, readDockerfile } from "./image.ts";

const run = promisify(execFile);

/** What a process is started with. */
export interface Invocation {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv };
}

export interface ShippedProgram {
  /** The working directory of the image, where it lies here. */
  readonly workdir: string;
  /** The only place that can be written to. */
  readonly volume: string;
  /**
   * The entry point with what the image sets. Sources in TypeScript cannot be run at all, and as its file system is
   * read-only, nothing may be written but data.
   */
  invocation(args: readonly string[]): Invocation;
}

/** Builds it as the Dockerfile says, in a folder of its own below this one; whoever made that removes it. */
export async function buildImage(directory: string): Promise<ShippedProgram> {
  const dockerfile = readDockerfile();
  const volume = path.join(directory, "volume");
  const stages = path.join(directory, "image");
  mkdirSync(volume);
  mkdirSync(stages);
  const root = await layOut(dockerfile, stages, runOf);
  const workdir = path.join(root, dockerfile.stages.at(-1)?.workdir ?? "/");
  const [, ...program] = dockerfile.entrypoint;
  const permission = ["--permission", "--allow-fs-read=*", `--allow-fs-write=${volume}`, "--allow-worker"];
  return {
    workdir,
    volume,
    invocation: (args) => ({
      file: process.execPath,
      args: ["--no-experimental-strip-types", ...permission, ...program, ...args],
      options: { cwd: workdir, env: { PATH: process.env["PATH"], HOME: volume, ...dockerfile.env } },
    }),
  };
}

/** What a RUN of the Dockerfile does, with the packages that are installed here instead of a registry's. */
async function runOf(command: string, workdir: string): Promise<void> {
  if (command.startsWith("npm ci ")) linkPackages(workdir);
  else if (command.startsWith("node "))
    await run(process.execPath, command.split(" ").slice(1), { cwd: workdir });
  else throw new Error(`the Dockerfile runs ${command}, which is not known here`);
}
