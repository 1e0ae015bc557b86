/**
 * Client certificates checked with node:crypto, per certificate authority: the TLS library only says that *some* CA the
 * server announces has signed, which is not enough where one CA makes users and another makes proxies.
 */
import { X509Certificate } from "node:crypto";

/** A set of trusted certificate authorities. A rotated bundle is a new pool. */
export interface CertificatePool {
  readonly certificates: readonly X509Certificate[];
}

const clientAuth = "1.3.6.1.5.5.7.3.2";
const anyExtendedKeyUsage = "2.5.29.37.0";
const maxDepth = 8;

/** Reads every certificate of a PEM bundle; throws when there is none or one cannot be read. */
export function parseCertificatePool(pem: string): CertificatePool {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error("no certificate in the PEM bundle");
  return { certificates: blocks.map((block) => new X509Certificate(block)) };
}

/** What is wrong with a client certificate for this pool, or undefined when it is good. */
export function refuseClientCertificate(
  leaf: X509Certificate,
  pool: CertificatePool,
  now: Date,
): string | undefined {
  const usages = leaf.keyUsage as readonly string[] | undefined;
  if (usages !== undefined && !usages.includes(clientAuth) && !usages.includes(anyExtendedKeyUsage)) {
    return "x509: certificate specifies an incompatible key usage";
  }
  let at = leaf;
  for (let depth = 0; depth < maxDepth; depth += 1) {
    if (!isValidAt(at, now)) return "x509: certificate has expired or is not yet valid";
    const current = at;
    const anchor = pool.certificates.find((ca) => ca.raw.equals(current.raw) || isIssuedBy(current, ca));
    if (anchor !== undefined) {
      return isValidAt(anchor, now)
        ? undefined
        : "x509: certificate authority has expired or is not yet valid";
    }
    const issuer = at.issuerCertificate;
    if (issuer === undefined || issuer.raw.equals(at.raw) || !isIssuedBy(at, issuer)) break;
    at = issuer;
  }
  return "x509: certificate signed by unknown authority";
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isValidAt(certificate: X509Certificate, now: Date): boolean {
  return certificate.validFromDate <= now && now <= certificate.validToDate;
}
