import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { KeyPair } from "../server/authn/pki.ts";
import { encodeYaml } from "../machinery/yaml/encode.ts";

export interface KubeconfigInit {
  readonly server: string;
  readonly ca: string;
  readonly user: string;
  readonly credentials: KeyPair;
  readonly namespace?: string;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A kubeconfig with one cluster, one user and one context; complete in itself. */
export function kubeconfig(init: KubeconfigInit): string {
  return encodeYaml({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "hawsepipe", cluster: { server: init.server, "certificate-authority-data": base64(init.ca) } },
    ],
    users: [
      {
        name: init.user,
        user: {
          "client-certificate-data": base64(init.credentials.cert),
          "client-key-data": base64(init.credentials.key),
        },
      },
    ],
    contexts: [
      {
        name: "hawsepipe",
        context: { cluster: "hawsepipe", user: init.user, namespace: init.namespace ?? "default" },
      },
    ],
    "current-context": "hawsepipe",
  });
}

/** Writes a file only its owner can read, so that a reader sees the old or the new one, never half of it. */
export function writePrivateFile(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const partial = `${file}.partial`;
  writeFileSync(partial, text, { mode: 0o600 });
  chmodSync(partial, 0o600);
  renameSync(partial, file);
}
