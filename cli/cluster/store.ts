import { openEmbeddedStore } from "../../server/storage/embedded/embedded-store.ts";
import type { OpenedStore } from "../aggregated/front.ts";
import type { RecordsOptions } from "../aggregated/records.ts";
import { openRecords } from "../aggregated/records.ts";
import { backupHandler } from "../standalone/backup-path.ts";
import { createDataDirectory } from "../standalone/data-dir.ts";

/**
 * Where objects are kept: `records` in the cluster's etcd, for any number of replicas; `embedded` in this directory, for
 * a single replica with a volume.
 */
export type Storage = { readonly kind: "records" } | { readonly kind: "embedded"; readonly dataDir: string };

/** Opens the store the storage asks for. A data directory that another process uses is refused. */
export async function openStorage(storage: Storage, options: RecordsOptions): Promise<OpenedStore> {
  if (storage.kind === "records") return { store: await openRecords(options), paths: new Map() };
  const data = createDataDirectory(storage.dataDir);
  const store = await openEmbeddedStore({ path: data.database, clock: options.clock });
  return { store, paths: new Map([["/backup", backupHandler(store, data.root)]]) };
}
