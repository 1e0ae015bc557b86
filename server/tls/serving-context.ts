import { X509Certificate } from "node:crypto";
import type { Registry } from "@prometheus-io/client";
import { Gauge } from "@prometheus-io/client";
import type { TlsMaterial } from "../http/fastify.ts";
import type { CertificateSource } from "./certificate-source.ts";

export interface ServingContextOptions {
  readonly source: CertificateSource;
  /** PEM of the CAs whose client certificates are worth presenting, as they are now. */
  readonly clientAuthorities: () => string;
  readonly metrics: Registry;
}

/** What a server listens with, now and whenever a part of it changes. */
export interface ServingContext {
  readonly current: TlsMaterial;
  /** Gives every later change to the function, e.g. a server's setSecureContext. */
  follow(apply: (tls: TlsMaterial) => void): void;
  /** The CAs to announce have changed. */
  authoritiesChanged(): void;
}

/** Puts certificate and client CAs together. Connections that exist are not touched when either is replaced. */
export function servingContext(options: ServingContextOptions): ServingContext {
  const { source } = options;
  registerCertificateExpiry(options.metrics, () => source.current.cert);
  const followers: ((tls: TlsMaterial) => void)[] = [];
  const material = (): TlsMaterial => {
    const ca = options.clientAuthorities();
    const { cert, key } = source.current;
    return { cert, key, ...(ca === "" ? {} : { ca }) };
  };
  const changed = (): void => {
    const next = material();
    for (const apply of followers) apply(next);
  };
  source.onChange(changed);
  return {
    get current() {
      return material();
    },
    follow(apply) {
      followers.push(apply);
    },
    authoritiesChanged: changed,
  };
}

/** The metric of when the certificate in use expires. */
export function registerCertificateExpiry(registry: Registry, certificate: () => string): Gauge {
  return new Gauge({
    name: "hawsepipe_serving_certificate_expiration_timestamp_seconds",
    help: "When the certificate this process serves with expires, in seconds since the epoch.",
    registers: [registry],
    collect() {
      this.set(new X509Certificate(certificate()).validToDate.getTime() / 1000);
    },
  });
}
