/**
 * A certificate somebody else keeps in files: cert-manager through a mounted Secret, or an administrator. A Secret mount
 * swaps a symlink beside the files, which a watch on a file never sees; so the directory is watched, and looked at once a
 * minute for file systems that tell nothing.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { FSWatcher } from "node:fs";
import { watch } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Cancel, Clock } from "../../machinery/clock.ts";
import type { CertificateSource, ServingCertificate } from "./certificate-source.ts";
import { CurrentCertificate } from "./certificate-source.ts";

export interface FileSourceOptions {
  readonly certFile: string;
  readonly keyFile: string;
  /** The CAs clients should trust, where such a file exists. */
  readonly caFile?: string;
  readonly clock: Clock;
  /** The files cannot be read or do not fit together; what was served before is served on. */
  readonly onError: (error: unknown) => void;
}

const pollMs = 60_000;
/** Writers replace several files; the last of them says that all are there. */
const settleMs = 100;

/** Serves what the files say, as it changes. */
export function fileCertificateSource(options: FileSourceOptions): CertificateSource {
  const { clock } = options;
  const current = new CurrentCertificate();
  let watchers: FSWatcher[] = [];
  let settle: Cancel | undefined;
  let poll: Cancel | undefined;
  let isStopped = false;

  const reload = async (): Promise<void> => {
    try {
      const next = await readFiles(options);
      if (!isStopped) current.set(next);
    } catch (error) {
      options.onError(error);
    }
  };
  const soon = (): void => {
    settle?.();
    if (!isStopped) settle = clock.setTimeout(() => void reload(), settleMs);
  };
  const pollOn = (): void => {
    poll = clock.setTimeout(() => {
      void reload();
      if (!isStopped) pollOn();
    }, pollMs);
  };

  return {
    async start() {
      current.set(await readFiles(options));
      const directories = new Set([options.certFile, options.keyFile, options.caFile].flatMap(directoryOf));
      watchers = [...directories].map((directory) => {
        const watcher = watch(directory, { persistent: false }, soon);
        // The poll goes on without it.
        watcher.on("error", options.onError);
        return watcher;
      });
      pollOn();
    },
    get current() {
      return current.value;
    },
    onChange: (listener) => {
      current.onChange(listener);
    },
    stop() {
      isStopped = true;
      settle?.();
      poll?.();
      for (const watcher of watchers) watcher.close();
    },
  };
}

const directoryOf = (file: string | undefined): string[] => (file === undefined ? [] : [path.dirname(file)]);

async function readFiles(options: FileSourceOptions): Promise<ServingCertificate> {
  const [cert, key, authorities] = await Promise.all([
    readFile(options.certFile, "utf8"),
    readFile(options.keyFile, "utf8"),
    options.caFile === undefined ? undefined : readFile(options.caFile, "utf8"),
  ]);
  // Between two writes the old half of a pair may stand beside the new one.
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw new Error(
      `the key in ${options.keyFile} does not belong to the certificate in ${options.certFile}`,
    );
  }
  return { cert, key, ...(authorities === undefined ? {} : { authorities }) };
}
