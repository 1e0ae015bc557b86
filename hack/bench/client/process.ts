import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import path from "node:path";
import type { Job, ResultOf } from "./jobs.ts";

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
        reject(new Error("the client ended"));
      };
      this.#child.once("exit", onExit);
      this.#child.once("message", (message: { result?: ResultOf<J>; error?: string }) => {
        this.#child.off("exit", onExit);
        if (message.result === undefined) reject(new Error(message.error ?? "the client said nothing"));
        else resolve(message.result);
      });
      this.#child.send(job);
    });
  }

  close(): void {
    this.#child.disconnect();
  }
}
