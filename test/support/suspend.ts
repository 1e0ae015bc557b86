import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ControlPlane } from "../../hack/controlplane/start.ts";
import { eventually } from "./kubectl.ts";

/**
 * Stops a program of the control plane until SIGCONT. Resolves when it stands still: on a busy machine its threads go on,
 * and answer, until the one the signal is for has its turn.
 */
export async function suspend({ programs }: ControlPlane, name: string): Promise<void> {
  const pid = programs.find((program) => program.name === name)?.pid;
  if (pid === undefined) throw new Error(`${name} does not run`);
  process.kill(pid, "SIGSTOP");
  await eventually(`${name} to stand still`, async () => {
    // As ps shows it; T is a process that is stopped.
    const { stdout } = await promisify(execFile)("ps", ["-o", "stat=", "-p", String(pid)]);
    return stdout.trim().startsWith("T") ? true : undefined;
  });
}
