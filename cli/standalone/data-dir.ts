import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Clock } from "../../machinery/clock.ts";
import { Pki } from "../../server/authn/pki.ts";

/** Where a standalone server keeps what. Readable by its owner only. */
export interface DataDirectory {
  readonly root: string;
  readonly database: string;
  readonly pki: string;
  readonly auditLog: string;
  readonly log: string;
}

export function dataDirectory(root: string): DataDirectory {
  return {
    root,
    database: path.join(root, "store.db"),
    pki: path.join(root, "pki"),
    auditLog: path.join(root, "audit.log"),
    log: path.join(root, "hawsepipe.log"),
  };
}

export function createDataDirectory(root: string): DataDirectory {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  return dataDirectory(root);
}

/** The certificate authority of the data directory; made the first time. */
export async function openPki(data: DataDirectory, clock: Clock, bindAddress = "127.0.0.1"): Promise<Pki> {
  const servingNames = [...new Set(["localhost", "127.0.0.1", "::1", bindAddress])];
  try {
    return await Pki.open({ directory: data.pki, clock, servingNames });
  } catch (error) {
    // OpenSSL's words say neither which file is meant nor that a file is.
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`the certificates in ${data.pki} cannot be used: ${why}`, { cause: error });
  }
}

/** Remembers where the server of this directory listens, for `hawsepipe kubeconfig`. */
export function writeServerUrl(data: DataDirectory, url: string): void {
  writeFileSync(path.join(data.root, "server.url"), `${url}\n`);
}

/** Where the server of this directory listens, or listened last; undefined before its first start. */
export function readServerUrl(data: DataDirectory): string | undefined {
  try {
    return readFileSync(path.join(data.root, "server.url"), "utf8").trim();
  } catch {
    return undefined;
  }
}
