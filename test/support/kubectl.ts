/** Stock kubectl as a function. Every call is a process, as for a user. */
import { execFile, spawn } from "node:child_process";
import { findProgram, programFolders } from "../../hack/controlplane/programs.ts";

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Kubectl = (args: string | readonly string[], input?: string | object) => Promise<KubectlResult>;

const binary = (): string => findProgram("kubectl", programFolders(process.env)) ?? "kubectl";

/** kubectl bound to a kubeconfig. Arguments as one string are split at spaces. An object as input is sent as JSON. */
export function kubectlFor(kubeconfig: string, env: Readonly<Record<string, string>> = {}): Kubectl {
  return (args, input) =>
    new Promise((resolve) => {
      const list = typeof args === "string" ? args.split(" ").filter((arg) => arg !== "") : [...args];
      const child = execFile(
        binary(),
        list,
        {
          env: { ...process.env, ...env, KUBECONFIG: kubeconfig, KUBECACHEDIR: `${kubeconfig}.cache` },
          maxBuffer: 64 * 1024 * 1024,
          // Longer than anything it is told to wait for itself.
          timeout: 150_000,
        },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
          resolve({ code, stdout, stderr });
        },
      );
      // One that ends before it has read its input says why in its result.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input === undefined ? "" : typeof input === "string" ? input : JSON.stringify(input));
    });
}

/** Like kubectl, but a failure is an error with kubectl's own words; answers standard output. */
export function succeeding(
  kubectl: Kubectl,
): (args: string | readonly string[], input?: string | object) => Promise<string> {
  return async (args, input) => {
    const { code, stdout, stderr } = await kubectl(args, input);
    if (code !== 0) throw new Error(`kubectl ${String(args)} ended with ${String(code)}: ${stderr}${stdout}`);
    return stdout;
  };
}

/** A long-running kubectl; lines arrive as they are printed. */
export function follow(
  kubeconfig: string,
  args: readonly string[],
): { lines: string[]; stop(): Promise<void> } {
  const child = spawn(binary(), [...args], {
    env: { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: `${kubeconfig}.cache` },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines: string[] = [];
  let rest = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  const closed = new Promise<void>((resolve) =>
    child.once("close", () => {
      resolve();
    }),
  );
  return {
    lines,
    stop: () => {
      child.kill("SIGTERM");
      return closed;
    },
  };
}

/**
 * Tries until the check answers something other than undefined or false; the last error or a message when time is up. It
 * always looks once more when time is up, so a machine that stood still fails nothing.
 */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 60,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const isLast = Date.now() >= end;
    let last: unknown;
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (isLast) throw new Error(`${what} did not come true in ${String(seconds)} s`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Resolves when definitions are served: all there are, or one. kubectl's own wait fails on one whose status is still empty. */
export async function established(
  run: (args: string | readonly string[]) => Promise<string>,
  which = "crd --all",
): Promise<void> {
  await eventually(`${which} established`, () =>
    run(`wait --for=condition=Established ${which} --timeout=30s`),
  );
}
