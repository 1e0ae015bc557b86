/**
 * The process of the `hawsepipe` command: arguments, environment, signals, exit code. Everything below is handed what it
 * needs.
 */
import { enableCompileCache } from "node:module";
import type { Io } from "./command.ts";

/**
 * Must come before the program is loaded: the cache makes loading it twice as fast from the second time on. Where the
 * environment names one it is in use already, for this file and for other threads, too.
 */
enableCompileCache();
const { main } = await import("./program.ts");

function processIo(): Io {
  const stop = new AbortController();
  let askedAt: number | undefined;
  const onSignal = (): void => {
    stop.abort();
    askedAt ??= performance.now();
    // A second Ctrl-C is a person who does not want to wait; npm repeats the first one at once.
    if (performance.now() - askedAt > 1000) process.exit(130);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    progress: (text) => {
      if (process.stderr.isTTY) process.stderr.write(`${text}\n`);
    },
    env: process.env,
    cwd: process.cwd(),
    stop: stop.signal,
  };
}

process.exitCode = await main(process.argv.slice(2), processIo());
