import type { Io } from "../command.ts";

/** Resolves when the process is asked to end; keeps it alive until then. */
export function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    // A timer keeps the process alive even when nothing else does.
    const alive = setInterval(() => undefined, 1 << 30);
    signal.addEventListener(
      "abort",
      () => {
        clearInterval(alive);
        resolve();
      },
      { once: true },
    );
  });
}

/** Says what is going on, but only when it takes longer than two seconds. */
export function startProgress(io: Io): { readonly say: (text: string) => void; readonly stop: () => void } {
  let current = "starting";
  let isSlow = false;
  const timer = setTimeout(() => {
    isSlow = true;
    io.progress(`${current}…`);
  }, 2000);
  return {
    say(text) {
      current = text;
      if (isSlow) io.progress(`${text}…`);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
