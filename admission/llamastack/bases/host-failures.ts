import { LRUCache } from "lru-cache";
import type { Clock } from "../../../machinery/clock.ts";

/** How long after how many failures in a row nobody asks again. */
export const failureDelay = (failures: number): number =>
  Math.min(firstDelayMs * 2 ** Math.max(0, failures - 1), maxDelayMs);

const firstDelayMs = 30_000;
const maxDelayMs = 10 * 60_000;
const maxHosts = 4096;

/**
 * Registries that nobody answered for, by namespace: one is not asked for its other images meanwhile, and what one
 * namespace has brought about is nobody else's failure.
 */
export class HostFailures {
  readonly #clock: Clock;
  readonly #failures = new LRUCache<string, { readonly until: number; readonly count: number }>({
    max: maxHosts,
  });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether it did not answer when it was asked last. */
  hasFailed(namespace: string, registry: string): boolean {
    return this.#failures.has(`${namespace}/${registry}`);
  }

  /** Whether it is not to be asked now. */
  isDown(namespace: string, registry: string): boolean {
    return (this.#failures.get(`${namespace}/${registry}`)?.until ?? 0) > this.#clock.now().getTime();
  }

  failed(namespace: string, registry: string): void {
    // Several that were asked at the same time have failed once.
    if (this.isDown(namespace, registry)) return;
    const key = `${namespace}/${registry}`;
    const count = (this.#failures.get(key)?.count ?? 0) + 1;
    this.#failures.set(key, { count, until: this.#clock.now().getTime() + failureDelay(count) });
  }

  answered(namespace: string, registry: string): void {
    this.#failures.delete(`${namespace}/${registry}`);
  }

  forget(): void {
    this.#failures.clear();
  }
}
