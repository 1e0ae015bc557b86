import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import path from "node:path";
import type { Job, ResultOf } from "./jobs.ts";

/** No job takes longer; a server that hangs must not keep the others from being measured. */
const patienceMs = 300_000;

/** The process that makes the requests. One job at a time. */
export class ClientProcess {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(path.join(import.meta.dirname, "main.ts"), {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
  }

  /** Rejects when a request of the job failed. */
  run<J extends Job>(job: J): Promise<ResultOf<J>> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => {
        clearTimeout(timer);
        reject(new Error("the client ended"));
      };
      const timer = setTimeout(() => {
        reject(new Error(`no result after ${String(patienceMs / 1000)} s`));
        this.#child.kill();
      }, patienceMs);
      this.#child.once("exit", onExit);
      this.#child.once("message", (message: { result?: ResultOf<J>; error?: string }) => {
        clearTimeout(timer);
        this.#child.off("exit", onExit);
        if (message.result === undefined) reject(new Error(message.error ?? "the client said nothing"));
        else resolve(message.result);
      });
      this.#child.send(job);
    });
  }

  /** False once it has ended. */
  get isRunning(): boolean {
    return this.#child.connected;
  }

  /** A job that is under way is rejected. */
  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
