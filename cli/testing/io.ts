import type { Io } from "../command.ts";

/** An Io that keeps what was printed; `stop` is never asked for. */
export function recordingIo(
  cwd = "/",
): Io & { readonly stdout: () => string; readonly stderr: () => string } {
  let stdout = "";
  let stderr = "";
  return {
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
    progress: () => undefined,
    env: {},
    cwd,
    stop: new AbortController().signal,
    stdout: () => stdout,
    stderr: () => stderr,
  };
}
