import type { Client } from "../../cluster/client.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../server/http/logger.ts";
import type { CertificateSource } from "../../server/tls/certificate-source.ts";
import { fileCertificateSource } from "../../server/tls/file-source.ts";
import { secretCertificateSource } from "../../server/tls/secret-source.ts";

/** Files somebody else keeps, e.g. cert-manager; without them the server makes its own. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile?: string;
}

export interface CertificateOptions {
  readonly files?: CertificateFiles;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly namespace: string;
  /** The Service in front of the replicas, whose name clients check. */
  readonly service: string;
}

/** Where the Secret of the built-in source is. */
export const certificateSecret = "hawsepipe-serving-cert";

/** The source the options ask for; not started. */
export function certificateSource(options: CertificateOptions): CertificateSource {
  const { files, clock, client, random, namespace, service } = options;
  const onError = (err: unknown): void => {
    options.logger.warn({ err }, "the serving certificate cannot be renewed now; the last one is served on");
  };
  if (files !== undefined) return fileCertificateSource({ ...files, clock, onError });
  const host = `${service}.${namespace}.svc`;
  return secretCertificateSource({
    client,
    clock,
    random,
    namespace,
    name: certificateSecret,
    servingNames: [host, `${host}.cluster.local`, "localhost", "127.0.0.1"],
    onError,
  });
}
