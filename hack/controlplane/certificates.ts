/**
 * Everything a control plane's programs authenticate with, in one directory: an authority for servers and clients, one
 * of its own for the front proxy (a client certificate must never pass as the proxy's), and the key of service accounts.
 */
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { realClock } from "../../machinery/clock.ts";
import type { KeyPair } from "../../server/authn/pki.ts";
import { Pki } from "../../server/authn/pki.ts";

export interface Certificates {
  /** The authority's certificate, PEM. */
  readonly ca: string;
  readonly caFile: string;
  readonly frontProxyCaFile: string;
  readonly serving: CertificateFiles;
  readonly frontProxyClient: CertificateFiles;
  readonly serviceAccountKeyFile: string;
  /** Issues a client certificate for a user. */
  issue(user: string, groups: readonly string[]): Promise<KeyPair>;
}

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Makes the authorities and certificates; each program finds them by file name. */
export async function createCertificates(directory: string): Promise<Certificates> {
  const servingNames = ["localhost", "127.0.0.1", "kubernetes", "kubernetes.default.svc", "10.96.0.1"];
  const files = (authority: string, name: string): CertificateFiles => ({
    certFile: path.join(directory, authority, `${name}.crt`),
    keyFile: path.join(directory, authority, `${name}.key`),
  });
  const open = (authority: string): Promise<Pki> =>
    Pki.open({ directory: path.join(directory, authority), clock: realClock(), servingNames });
  const [cluster, frontProxy] = await Promise.all([open("cluster"), open("front-proxy")]);
  await Promise.all([
    cluster.serving(),
    frontProxy.client("client", { name: "front-proxy-client", groups: [] }),
  ]);
  const serviceAccountKeyFile = path.join(directory, "service-account.key");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(serviceAccountKeyFile, privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
  return {
    ca: cluster.ca.cert,
    caFile: files("cluster", "ca").certFile,
    frontProxyCaFile: files("front-proxy", "ca").certFile,
    serving: files("cluster", "serving"),
    frontProxyClient: files("front-proxy", "client"),
    serviceAccountKeyFile,
    issue: (name, groups) => cluster.issueClient({ name, groups }),
  };
}
