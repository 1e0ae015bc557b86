import { isApiError } from "../../../api/errors/api-error.ts";
import type { Client } from "../../../cluster/client.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { Mirror, Tombstone } from "./mirror.ts";
import { recordResource } from "./record.ts";

export interface TombstoneOptions {
  readonly client: Client;
  readonly namespace: string;
  readonly mirror: Mirror;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onError: (error: unknown) => void;
}

/** So long a replica that lost its connection still finds out from the record when the key was deleted. */
const keepMs = 10 * 60_000;
const tickMs = 60_000;
/** Removing old records must not crowd out the writes of clients. */
const perTick = 200;

/**
 * Removes the records of deleted keys when they are old. Every replica does, at times of its own, and the host lets
 * one succeed. The newest change of all is never removed: its resourceVersion is the store's revision, also for a
 * replica that starts later. Returns what stops it.
 */
export function removeOldTombstones(options: TombstoneOptions): () => void {
  const { clock, random } = options;
  let isStopped = false;
  let cancel: () => void = () => undefined;
  const tick = (): void => {
    void removeOld(options, () => isStopped).finally(() => {
      if (!isStopped) cancel = clock.setTimeout(tick, tickMs * (0.5 + random()));
    });
  };
  cancel = clock.setTimeout(tick, tickMs * (0.5 + random()));
  return () => {
    isStopped = true;
    cancel();
  };
}

async function removeOld(options: TombstoneOptions, isStopped: () => boolean): Promise<void> {
  const { mirror, clock } = options;
  const now = clock.now().getTime();
  const old = mirror
    .tombstones()
    .filter(({ record, since }) => now - since >= keepMs && record.revision < mirror.revision);
  for (const tombstone of old.slice(0, perTick)) {
    if (isStopped()) return;
    try {
      await remove(options, tombstone);
    } catch (error) {
      // Another replica was faster, or the key lives again.
      if (isApiError(error, "NotFound") || isApiError(error, "Conflict")) continue;
      options.onError(error);
      return;
    }
  }
}

async function remove({ client, namespace }: TombstoneOptions, { record }: Tombstone): Promise<void> {
  const { name, uid, revision } = record;
  await client.delete(
    recordResource,
    { namespace, name },
    {
      preconditions: { uid, resourceVersion: String(revision) },
    },
  );
}
