import type { Clock } from "../../../machinery/clock.ts";
import { StorageError } from "../store.ts";
import type { Follower } from "./follower.ts";
import type { Mirror } from "./mirror.ts";

/** Resolves when the mirror has seen everything up to a resourceVersion; fails with Unavailable after a while. */
export type CatchUp = (revision: number) => Promise<void>;

const patienceMs = 5_000;

/** Waiting cannot hang: when the watch is silent for too long, it is opened anew, and who waited is told to come back. */
export function createCatchUp(mirror: Mirror, follower: Follower, clock: Clock): CatchUp {
  return async (revision) => {
    if (revision <= mirror.seen) return;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const cancel = clock.setTimeout(() => {
      follower.restart();
      const why = `the watch of the host is at ${mirror.seen}, ${revision} did not come in time`;
      reject(new StorageError("Unavailable", "", why));
    }, patienceMs);
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
