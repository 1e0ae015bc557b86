/**
 * Where the serving certificate comes from. A source answers what is to be served now and tells when that has changed;
 * whoever serves decides nothing about certificates.
 */

/** A certificate with its chain and its key, PEM. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
  /** PEM: the CAs clients should trust for it; undefined where the source does not know them. */
  readonly authorities?: string;
}

export interface CertificateSource {
  /** Resolves when there is a certificate; rejects when none can be had. */
  start(): Promise<void>;
  /** What is to be served; throws before the source was started. */
  readonly current: ServingCertificate;
  /** Told after `current` has changed. */
  onChange(listener: () => void): void;
  stop(): void;
}

/** The last certificate and those who want to know of the next. */
export class CurrentCertificate {
  readonly #listeners: (() => void)[] = [];
  #value: ServingCertificate | undefined;

  get value(): ServingCertificate {
    if (this.#value === undefined) throw new Error("the certificate source was not started");
    return this.#value;
  }

  get isSet(): boolean {
    return this.#value !== undefined;
  }

  /** Takes a new one; the same as before changes nothing. */
  set(next: ServingCertificate): void {
    const old = this.#value;
    const isSame = old?.cert === next.cert && old.key === next.key && old.authorities === next.authorities;
    if (isSame) return;
    this.#value = next;
    if (old !== undefined) for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
