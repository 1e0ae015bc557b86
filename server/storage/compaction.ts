import type { Clock } from "../../machinery/clock.ts";

/** How much history a store keeps; both bounds hold. */
export interface Retention {
  /** Changes younger than this stay. */
  readonly minAgeMs: number;
  /** At least this many newest changes stay, however old. */
  readonly minEvents: number;
}

/** Five minutes, as etcd under kube-apiserver, and enough events for a quiet server to keep its watches over a night. */
export const defaultRetention: Retention = { minAgeMs: 5 * 60_000, minEvents: 10_000 };

const tickMs = 60_000;

/** What the schedule needs of a store. */
export interface Compactable {
  /** The newest revision known without asking. */
  readonly latestRevision: number;
  compact(revision: number): Promise<void>;
}

/**
 * Compacts a store once a minute. Remembers which revision was newest at each tick, so history needs no times of its
 * own; after a restart the first ticks only collect. Returns what stops it.
 */
export function scheduleCompaction(store: Compactable, clock: Clock, retention: Retention): () => void {
  const samples: { readonly at: number; readonly revision: number }[] = [];
  let cancel: () => void = () => undefined;
  let done = 0;
  const tick = (): void => {
    const now = clock.now().getTime();
    samples.push({ at: now, revision: store.latestRevision });
    let old = -1;
    while (samples[old + 1] !== undefined && now - (samples[old + 1]?.at ?? 0) >= retention.minAgeMs) old++;
    const target = Math.min(samples[old]?.revision ?? 0, store.latestRevision - retention.minEvents);
    samples.splice(0, Math.max(old, 0));
    if (target > done) {
      done = target;
      // A store that cannot compact now fails its writes too and reports it there; the next tick tries again.
      store.compact(target).catch(() => {
        done = 0;
      });
    }
    cancel = clock.setTimeout(tick, tickMs);
  };
  tick();
  return () => {
    cancel();
  };
}
