import type { Clock } from "../../../machinery/clock.ts";
import { StorageError } from "../store.ts";
import type { Follower } from "./follower.ts";
import type { Mirror } from "./mirror.ts";

/** Resolves when the mirror has seen everything up to a resourceVersion; fails with Unavailable after a while. */
export type CatchUp = (revision: number) => Promise<void>;

/** A watch that tells nothing for so long, though it has something to tell, hangs. */
const silenceMs = 5_000;
/** One that tells ever more is only behind: others write faster than the host can tell. */
const patienceMs = 30_000;

/**
 * Waiting cannot hang: a watch that is silent for too long is opened anew, and who waited is told to come back. A watch that
 * has much to tell is waited for, since opening it anew would only set it back.
 */
export function createCatchUp(mirror: Mirror, follower: Pick<Follower, "restart">, clock: Clock): CatchUp {
  return async (revision) => {
    if (revision <= mirror.seen) return;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const begun = clock.now().getTime();
    const wait = (seen: number): (() => void) =>
      clock.setTimeout(() => {
        const isSilent = mirror.seen === seen;
        if (!isSilent && clock.now().getTime() - begun < patienceMs) {
          cancel = wait(mirror.seen);
          return;
        }
        if (isSilent) follower.restart();
        const why = `the watch of the host is at ${mirror.seen}, ${revision} did not come in time`;
        reject(new StorageError("Unavailable", "", why));
      }, silenceMs);
    let cancel = wait(mirror.seen);
    const forget = mirror.whenSeen(revision, {
      resolve: () => {
        resolve(undefined);
      },
      reject,
    });
    try {
      await promise;
    } finally {
      forget();
      cancel();
    }
  };
}
