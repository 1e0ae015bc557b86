/** Users by client certificate: the common name is the user, the organizations are the groups. */
import type { X509Certificate } from "node:crypto";
import type { Clock } from "../../machinery/clock.ts";
import type { Authentication, Authenticator } from "./authenticator.ts";
import type { CertificatePool } from "./certificate-pool.ts";
import { PeerVerifier } from "./peer-verifier.ts";

/** Trusts the pool that `clientCA` answers at the time of a request; undefined trusts nobody. */
export function clientCertificateAuthenticator(
  clientCA: () => CertificatePool | undefined,
  clock: Clock,
): Authenticator {
  const verifier = new PeerVerifier(clock, readUser);
  return {
    authenticate(request) {
      const pool = clientCA();
      return pool === undefined ? undefined : verifier.verify(request.peer, pool);
    },
  };
}

function readUser(certificate: X509Certificate): Authentication | undefined {
  const { CN, O } = subjectOf(certificate);
  const name = CN.at(-1);
  if (name === undefined || name === "") return undefined;
  const fingerprint = certificate.fingerprint256.replaceAll(":", "").toLowerCase();
  return {
    user: {
      name,
      groups: O.includes("system:authenticated") ? O : [...O, "system:authenticated"],
      extra: { "authentication.kubernetes.io/credential-id": [`X509SHA256=${fingerprint}`] },
    },
  };
}

/** Common names and organizations in the order of the certificate. */
export function subjectOf(certificate: X509Certificate): { CN: string[]; O: string[] } {
  // The text form of a subject would have to be unescaped; the legacy object has the plain values.
  const subject = certificate.toLegacyObject().subject as
    Readonly<Record<string, string | string[] | undefined>> | undefined;
  const values = (value: string | string[] | undefined): string[] =>
    value === undefined ? [] : typeof value === "string" ? [value] : [...value];
  return { CN: values(subject?.["CN"]), O: values(subject?.["O"]) };
}
