import { constants } from "node:os";

const ending = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs something that ends by itself, having ended what it started, when a signal asks for it; the exit code is then what
 * a shell makes of the signal. A second signal ends the process at once.
 */
export async function untilSignalled<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const listeners = ending.map((name) => {
    const listener = (): void => {
      if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
      process.stderr.write(`${name}: ending what was started…\n`);
      process.exitCode = 128 + constants.signals[name];
      controller.abort(new Error(`ended by ${name}`));
    };
    process.on(name, listener);
    return { name, listener };
  });
  try {
    return await run(controller.signal);
  } finally {
    for (const { name, listener } of listeners) process.off(name, listener);
  }
}
