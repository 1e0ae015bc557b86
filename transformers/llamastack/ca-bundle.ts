import { X509Certificate } from "node:crypto";
import type { FieldError } from "../../machinery/field/error.ts";
import { invalid } from "../../machinery/field/error.ts";

/** The certificates of authorities a server trusts, out of a ConfigMap. Pure. */

/** The keys that are read when the spec names none. */
export const defaultBundleKeys = ["ca-bundle.crt"] as const;

const maxCertificates = 1000;
/** A ConfigMap cannot hold more. */
const maxBytes = 1024 * 1024;
const block = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * The certificates of all keys as one PEM text, each written anew, in the order of keys. Everything else in the texts is
 * left out, private keys in particular. What is wrong is said without quoting any of it.
 */
export function readCaBundle(
  data: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  path: string,
): { readonly pem: string; readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  const certificates: string[] = [];
  for (const key of keys) {
    const text = Object.hasOwn(data, key) ? data[key] : undefined;
    if (typeof text !== "string") {
      errors.push(invalid(`${path}.configMapKeys`, key, "the ConfigMap has no such key"));
      continue;
    }
    for (const [i, found] of [...text.matchAll(block)].entries()) {
      const certificate = canonical(found[0]);
      if (certificate === undefined) {
        const detail = `certificate ${String(i + 1)} of this key is no X.509 certificate`;
        errors.push(invalid(`${path}.configMapKeys`, key, detail));
      } else certificates.push(certificate);
    }
  }
  if (errors.length === 0 && certificates.length === 0) {
    errors.push(
      invalid(`${path}.configMapKeys`, keys.join(", "), "there is no certificate in the ConfigMap"),
    );
  }
  const pem = [...new Set(certificates)].join("");
  if (certificates.length > maxCertificates || pem.length > maxBytes) {
    const detail = `more than ${String(maxCertificates)} certificates or ${String(maxBytes)} bytes`;
    errors.push(invalid(`${path}.configMapName`, String(certificates.length), detail));
  }
  return { pem: errors.length === 0 ? pem : "", errors };
}

function canonical(pem: string): string | undefined {
  try {
    return new X509Certificate(pem).toString();
  } catch {
    return undefined;
  }
}
