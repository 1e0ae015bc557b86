import type { Clock } from "../machinery/clock.ts";

/**
 * kube-apiserver sends a bookmark each minute to whoever asks for them. A watch that tells nothing for longer hangs on
 * a connection whose other end is gone.
 */
const silenceMs = 150_000;

/** The events of a watch, which ends in order when nothing was heard for too long; `open` gets the signal to end it. */
export async function* untilSilent<T>(
  clock: Clock,
  signal: AbortSignal,
  open: (signal: AbortSignal) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const silence = new AbortController();
  let heard = clock.now().getTime();
  // One timer that looks at the time when it is due costs less than a new one for every event.
  const wait = (ms: number): (() => void) =>
    clock.setTimeout(() => {
      const left = heard + silenceMs - clock.now().getTime();
      if (left > 0) cancel = wait(left);
      else silence.abort(new Error(`nothing was heard for ${String(silenceMs / 1000)} s`));
    }, ms);
  let cancel = wait(silenceMs);
  try {
    for await (const event of open(AbortSignal.any([signal, silence.signal]))) {
      heard = clock.now().getTime();
      yield event;
    }
  } catch (error) {
    if (!silence.signal.aborted) throw error;
  } finally {
    cancel();
  }
}
