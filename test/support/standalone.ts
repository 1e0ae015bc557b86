/** Starts the real command as a user would, in a process of its own, and ends it by its own id. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export interface StandaloneServer {
  readonly dataDir: string;
  readonly kubeconfig: string;
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything it printed so far. */
  output(): string;
  /** Sends the signal and resolves with the exit code, or null when the signal itself ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface StandaloneOptions {
  /** The sources to run; this repository's own by default. */
  readonly root?: string;
  /** The file that is started, absolute or relative to `root`; by default that of the sources. */
  readonly program?: string;
  /** Keeps an existing data directory; the default is a new one that stop() does not remove. */
  readonly dataDir?: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export const repository = path.resolve(import.meta.dirname, "../..");
/** Where `npm run standalone` keeps compiled code, too. */
const compiled = path.join(repository, "node_modules/.cache/compiled");

/** A new directory under the system's temporary one. */
export const temporaryDirectory = (): string => mkdtempSync(path.join(tmpdir(), "hawsepipe-"));
export const removeDirectory = (directory: string): void => {
  rmSync(directory, { recursive: true, force: true });
};

/** Resolves when the server says it is ready; rejects with its output when it ends before. */
export async function startStandalone(options: StandaloneOptions = {}): Promise<StandaloneServer> {
  const dataDir = options.dataDir ?? temporaryDirectory();
  const kubeconfig = path.join(dataDir, "kubeconfig");
  const args = ["serve", "--standalone", "--data-dir", dataDir, "--secure-port", "0"];
  const { program = "cli/main.ts", flags = [] } = options;
  const child = spawn(process.execPath, [program, ...args, "--kubeconfig-out", kubeconfig, ...flags], {
    cwd: options.root ?? repository,
    stdio: ["ignore", "pipe", "pipe"],
    env: { NODE_COMPILE_CACHE: compiled, ...process.env, ...options.env },
  });
  let output = "";
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      output += chunk.toString();
      const ready = /ready at (https:\/\/\S+)/.exec(output)?.[1];
      if (ready !== undefined) resolve(ready);
    };
    child.stdout.on("data", onData);
    child.stderr.on("data", onData);
    void exited.then((code) => {
      reject(new Error(`the server ended with ${String(code)} before it was ready:\n${output}`));
    });
  });
  return {
    dataDir,
    kubeconfig,
    url,
    process: child,
    output: () => output,
    stop: (signal = "SIGTERM") => {
      child.kill(signal);
      return exited;
    },
  };
}
