import type { Client } from "../../cluster/client.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../server/http/logger.ts";
import { openRecordsStore } from "../../server/storage/records/records-store.ts";
import type { Store } from "../../server/storage/store.ts";
import { isStorageError } from "../../server/storage/store.ts";

export interface RecordsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly namespace: string;
  readonly identity: string;
  readonly signal: AbortSignal;
}

const retryMs = 2000;

/** Opens the records; waits for the kind and the cluster, since a pod may well be faster than its manifests. */
export async function openRecords(options: RecordsOptions): Promise<Store> {
  const { client, clock, random, namespace, identity, logger, signal } = options;
  const onError = (err: unknown): void => {
    logger.warn({ err }, "the records store will try again");
  };
  for (;;) {
    try {
      return await openRecordsStore({ client, clock, random, namespace, identity, onError });
    } catch (error) {
      if (!isStorageError(error, "Unavailable") || signal.aborted) throw error;
      logger.warn({ err: error, namespace }, "the records cannot be read yet");
    }
    await new Promise<void>((resolve) => clock.setTimeout(resolve, retryMs));
  }
}
