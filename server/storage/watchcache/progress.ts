import { tooLargeResourceVersion } from "../../../api/errors/catalogue.ts";
import type { Clock } from "../../../machinery/clock.ts";
import { StorageError } from "../store.ts";

interface Waiter {
  readonly revision: number | bigint;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const patienceMs = 3_000;

/** The newest revision the caches have seen, and those who wait for a newer one. */
export class Progress {
  #revision = 0;
  readonly #waiters = new Set<Waiter>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get revision(): number {
    return this.#revision;
  }

  advance(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    for (const waiter of this.#waiters) if (waiter.revision <= revision) waiter.resolve();
  }

  /** Rejects with tooLargeResourceVersion after three seconds. */
  async waitFor(revision: number | bigint): Promise<void> {
    if (revision <= this.#revision) return;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const cancel = this.#clock.setTimeout(() => {
      reject(tooLargeResourceVersion(revision, this.#revision));
    }, patienceMs);
    const waiter: Waiter = { revision, reject, resolve: () => { resolve(undefined); } }; // prettier-ignore
    this.#waiters.add(waiter);
    try {
      await promise;
    } finally {
      cancel();
      this.#waiters.delete(waiter);
    }
  }

  /** Fails everybody who waits. */
  fail(error: StorageError): void {
    for (const waiter of this.#waiters) waiter.reject(error);
  }
}
