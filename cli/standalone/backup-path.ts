import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { methodNotSupported } from "../../api/errors/catalogue.ts";
import type { Handler } from "../../server/http/api-request.ts";
import type { Store } from "../../server/storage/store.ts";

/**
 * `GET /backup`: a consistent copy of the store while it goes on being used. Like every path it is authorized; only
 * members of system:masters may read it unless a ClusterRole says otherwise.
 */
export function backupHandler(store: Store, directory: string): Handler {
  return async (request) => {
    if (request.method !== "GET" || store.backup === undefined) {
      throw methodNotSupported({ group: "", resource: "backup" }, request.method.toLowerCase());
    }
    const scratch = mkdtempSync(path.join(directory, "backup-"));
    const file = path.join(scratch, "store.db");
    try {
      await store.backup(file);
    } catch (error) {
      rmSync(scratch, { recursive: true, force: true });
      throw error;
    }
    return {
      status: 200,
      headers: { "Content-Type": "application/octet-stream" },
      async stream(sink) {
        try {
          for await (const chunk of createReadStream(file, {
            signal: sink.signal,
          }) as AsyncIterable<Buffer>) {
            if (!sink.write(chunk)) {
              await new Promise<void>((resolve) => {
                sink.onDrain(resolve);
                sink.signal.addEventListener(
                  "abort",
                  () => {
                    resolve();
                  },
                  { once: true },
                );
              });
            }
          }
        } finally {
          rmSync(scratch, { recursive: true, force: true });
        }
      },
    };
  };
}
