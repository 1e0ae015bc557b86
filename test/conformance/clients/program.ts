/** A client program: a process that is told which cluster to talk to and prints one line of JSON for each of its checks. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What became of one check. */
export interface Result {
  readonly check: string;
  readonly ok: boolean;
  readonly error?: string;
  readonly milliseconds: number;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs a command to its end; a failure is an error with what it wrote last. */
export function runToEnd({ file, args, env, cwd }: Command): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let all = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      all += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => (all += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${file} ${args.join(" ")} ended with ${String(code)}:\n${all.slice(-4000)}`));
    });
  });
}

/** A client program that runs while the test does other things, and is told so by lines. */
export interface RunningProgram {
  /** The next line that is not a result. */
  nextLine(): Promise<string>;
  say(line: string): void;
  /** Resolves with all results when the program has ended by itself. */
  readonly results: Promise<readonly Result[]>;
  stop(): void;
}

/** Starts a client program against the cluster of a kubeconfig. Its other output counts when it fails. */
export function startProgram({ file, args, env, cwd }: Command, kubeconfig: string): RunningProgram {
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...env, KUBECONFIG: kubeconfig },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const results: Result[] = [];
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-8000)));
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line.startsWith("{")) {
      results.push(JSON.parse(line) as Result);
      return;
    }
    const next = waiting.shift();
    if (next === undefined) lines.push(line);
    else next(line);
  });
  const ended = new Promise<readonly Result[]>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve(results);
      else reject(new Error(`${file} ended with ${String(code ?? signal)}:\n${errors}`));
    });
  });
  return {
    nextLine: () => {
      const line = lines.shift();
      if (line !== undefined) return Promise.resolve(line);
      const next = new Promise<string>((resolve) => waiting.push(resolve));
      const end = ended.then(() => {
        throw new Error(`${file} ended without a further line`);
      });
      return Promise.race([next, end]);
    },
    say: (line) => {
      child.stdin.write(`${line}\n`);
    },
    results: ended,
    stop: () => {
      child.kill();
    },
  };
}
