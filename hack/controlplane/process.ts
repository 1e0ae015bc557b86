import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

/** One program that runs until it is stopped, with its output in a file. */
export class Program {
  readonly name: string;
  readonly log: string;
  /** Resolves with a description of how it ended. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  #isRunning = true;

  private constructor(name: string, child: ChildProcess, log: string) {
    this.name = name;
    this.log = log;
    this.#child = child;
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#isRunning = false;
        resolve(how);
      };
      child.once("error", (error) => {
        end(error.message);
      });
      child.once("exit", (code, signal) => {
        end(signal === null ? `exit code ${String(code)}` : `signal ${signal}`);
      });
    });
  }

  /** Starts a program; both output streams go to the end of the log file. */
  static start(name: string, file: string, args: readonly string[], log: string): Program {
    const output = openSync(log, "a");
    try {
      return new Program(name, spawn(file, args, { stdio: ["ignore", output, output] }), log);
    } finally {
      closeSync(output);
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** The last lines it wrote, for an error message. */
  tail(lines = 20): string {
    return readFileSync(this.log, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  }

  /** Asks it to end and, if it is still there after the grace period, ends it. Only ever this one process. */
  async stop(graceMilliseconds = 10_000): Promise<void> {
    if (!this.#isRunning) return;
    this.#child.kill("SIGTERM");
    const force = setTimeout(() => this.#child.kill("SIGKILL"), graceMilliseconds);
    await this.ended;
    clearTimeout(force);
  }
}
