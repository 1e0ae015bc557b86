/** Remembers per connection what was found out about its certificate, so that a request costs one look-up. */
import type { X509Certificate } from "node:crypto";
import type { Clock } from "../../machinery/clock.ts";
import type { CertificatePool } from "./certificate-pool.ts";
import { refuseClientCertificate } from "./certificate-pool.ts";
import type { TlsPeer } from "./tls-peer.ts";

interface Verdict<T> {
  readonly pool: CertificatePool;
  readonly goodUntil: number;
  /** Made once: an Error per request would cost more than the rest of authentication. */
  readonly refused: Error | undefined;
  readonly value: T | undefined;
}

/** Verifies peers against a pool and keeps what was read from good certificates. A new pool forgets everything. */
export class PeerVerifier<T> {
  readonly #clock: Clock;
  readonly #read: (certificate: X509Certificate) => T;
  readonly #verdicts = new WeakMap<TlsPeer, Verdict<T>>();

  constructor(clock: Clock, read: (certificate: X509Certificate) => T) {
    this.#clock = clock;
    this.#read = read;
  }

  /** What the certificate says; undefined without a certificate. Throws an Error for one the pool does not vouch for. */
  verify(peer: TlsPeer | undefined, pool: CertificatePool): T | undefined {
    if (peer?.certificate === undefined) return undefined;
    const now = this.#clock.now();
    let verdict = this.#verdicts.get(peer);
    if (verdict === undefined || verdict.pool !== pool || now.getTime() > verdict.goodUntil) {
      verdict = this.#judge(peer, peer.certificate, pool, now);
      this.#verdicts.set(peer, verdict);
    }
    if (verdict.refused !== undefined) throw verdict.refused;
    return verdict.value;
  }

  #judge(peer: TlsPeer, certificate: X509Certificate, pool: CertificatePool, now: Date): Verdict<T> {
    // OpenSSL has checked what node:crypto cannot: name constraints, path lengths, purposes of intermediates.
    const refused = peer.authorized
      ? refuseClientCertificate(certificate, pool, now)
      : "x509: certificate signed by unknown authority";
    const ends = [certificate, ...pool.certificates].map((c) => c.validToDate.getTime());
    return {
      pool,
      refused: refused === undefined ? undefined : new Error(refused),
      goodUntil:
        refused === undefined
          ? Math.min(...ends.filter((end) => end >= now.getTime()))
          : now.getTime() + 60_000,
      value: refused === undefined ? this.#read(certificate) : undefined,
    };
  }
}
