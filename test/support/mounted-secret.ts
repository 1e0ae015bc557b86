/** A certificate in files, as the kubelet keeps a mounted Secret: each change is a new folder and a symlink that is swapped. */
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { KeyPair } from "../../server/authn/pki.ts";

export interface MountedSecret {
  /** The flags of a server that takes its certificate from there. */
  readonly flags: readonly string[];
  /** Replaces what is mounted, all of it at once. */
  put(pair: KeyPair, authorities: string): void;
}

/** A mount in an empty folder, with nothing in it yet. */
export function mountedSecret(folder: string): MountedSecret {
  let generation = 0;
  return {
    flags: [
      `--tls-cert-file=${path.join(folder, "tls.crt")}`,
      `--tls-private-key-file=${path.join(folder, "tls.key")}`,
      `--tls-ca-file=${path.join(folder, "ca.crt")}`,
    ],
    put(pair, authorities) {
      generation += 1;
      const data = path.join(folder, `..data_${String(generation)}`);
      mkdirSync(data);
      for (const [file, text] of [
        ["tls.crt", pair.cert],
        ["tls.key", pair.key],
        ["ca.crt", authorities],
      ] as const) {
        writeFileSync(path.join(data, file), text);
        if (generation === 1) symlinkSync(path.join("..data", file), path.join(folder, file));
      }
      symlinkSync(path.basename(data), path.join(folder, "..data_tmp"));
      renameSync(path.join(folder, "..data_tmp"), path.join(folder, "..data"));
    },
  };
}
