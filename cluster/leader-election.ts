/**
 * Leader election on a Lease, with client-go's rules: a lease is somebody else's until it has not been renewed for its
 * whole duration by this process's own clock (clocks of different machines are never compared), and whoever could not
 * renew within the deadline stops leading before anybody else can start. Unlike there, a candidate tries at the moment
 * the lease it waits for runs out instead of at its next turn: a leader that vanished is followed within the duration and
 * one pause of the candidate.
 */
import { isApiError } from "../api/errors/api-error.ts";
import type { KubeObject } from "../api/meta/types.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Client, ResourceRef } from "./client.ts";
import type { LeaseRecord } from "./lease-record.ts";
import { leaseOf, readLease, released, renewed, taken } from "./lease-record.ts";

export interface LeaderElectionOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** 0 ≤ n < 1; keeps candidates from asking in step. */
  readonly random: () => number;
  readonly namespace: string;
  readonly name: string;
  /** Unique among candidates, e.g. the pod's name and a UUID. */
  readonly identity: string;
  /** How long others wait after the last renewal; 15 s. */
  readonly leaseDurationMs?: number;
  /** How long renewing may fail before leading ends; 10 s, less than the duration. */
  readonly renewDeadlineMs?: number;
  /** Between two attempts; 2 s. */
  readonly retryPeriodMs?: number;
  /** Leads until the signal aborts; the next election waits until it resolves. */
  readonly lead: (signal: AbortSignal) => Promise<void>;
  readonly onNewLeader?: (identity: string) => void;
  readonly onError?: (error: unknown) => void;
  /** Ends the candidacy; a lease that is held is given up, so that others need not wait. */
  readonly signal: AbortSignal;
}

const leases: ResourceRef = {
  group: "coordination.k8s.io",
  version: "v1",
  resource: "leases",
  kind: "Lease",
  namespaced: true,
};
/** Part of the retry period that pauses are longer at most. */
const jitter = 0.5;
/** Candidates that see a lease run out do not all ask in the same moment. */
const runOutJitterMs = 250;

/** Takes part in the election until the signal aborts: leads, loses, tries again. */
export async function runLeaderElection(options: LeaderElectionOptions): Promise<void> {
  const elector = new Elector(options);
  while (!options.signal.aborted) {
    if (!(await elector.acquire())) break;
    const leading = new AbortController();
    const over = new AbortController();
    const led = options
      .lead(leading.signal)
      .catch((error: unknown) => options.onError?.(error))
      // Holding on without doing the work would keep others from doing it.
      .finally(() => {
        over.abort();
      });
    await elector.holdUntilLost(AbortSignal.any([options.signal, over.signal]));
    leading.abort();
    await led;
    // Given up only now: whoever takes it next finds no one else at work. Does nothing to a lease that was lost.
    await elector.release();
    await elector.pause();
  }
}

class Elector {
  readonly #options: LeaderElectionOptions;
  readonly #durationMs: number;
  readonly #deadlineMs: number;
  readonly #retryMs: number;
  #observed: { readonly lease: KubeObject; readonly record: LeaseRecord } | undefined;
  #observedAt = 0;
  #reportedLeader: string | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#durationMs = options.leaseDurationMs ?? 15_000;
    this.#deadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryMs = options.retryPeriodMs ?? 2000;
    if (this.#durationMs <= this.#deadlineMs)
      throw new Error("leaseDuration must be greater than renewDeadline");
    if (this.#deadlineMs <= this.#retryMs * jitter) {
      throw new Error("renewDeadline must be greater than retryPeriod with its jitter");
    }
  }

  /** Resolves to true when the lease is held, to false when the candidacy ended first. */
  async acquire(): Promise<boolean> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      if (await this.#attempt(this.#deadlineMs)) return true;
      await this.pause();
    }
    return false;
  }

  /** The time between two attempts; shorter when the lease of somebody else runs out before. */
  pause(): Promise<void> {
    const { clock, signal, random } = this.#options;
    const turn = this.#retryMs * (1 + random() * jitter);
    if (!this.#isAnothers() || !this.#isValid()) return this.#sleep(turn, signal);
    const left = this.#validUntil() - clock.now().getTime() + random() * runOutJitterMs;
    return this.#sleep(Math.min(turn, left), signal);
  }

  /** Renews; resolves when that failed for the whole deadline, the lease is another's, or the signal aborts. */
  async holdUntilLost(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let renewedAt = clock.now().getTime();
    while (!signal.aborted) {
      await this.#sleep(this.#retryMs, signal);
      if (isAborted(signal)) return;
      const left = renewedAt + this.#deadlineMs - clock.now().getTime();
      if (left <= 0) return;
      const started = clock.now().getTime();
      if (await this.#attempt(left)) renewedAt = started;
      else if (this.#isAnothers()) return;
    }
  }

  /** Gives the lease up for others to take at once. */
  async release(): Promise<void> {
    const { client, clock, identity } = this.#options;
    const observed = this.#observed;
    if (observed?.record.holder !== identity) return;
    this.#observed = undefined;
    try {
      const spec = released(observed.record, clock.now());
      await this.#inTime(client.update(leases, { ...observed.lease, spec }), this.#retryMs);
    } catch (error) {
      this.#options.onError?.(error);
    }
  }

  /** Whether the lease is held after it. An answer that does not come in time counts as none. */
  async #attempt(ms: number): Promise<boolean> {
    try {
      return (await this.#inTime(this.#tryAcquireOrRenew(), ms)) ?? false;
    } catch (error) {
      if (!isApiError(error, "Conflict") && !isApiError(error, "AlreadyExists"))
        this.#options.onError?.(error);
      return false;
    }
  }

  /** Undefined when the work takes longer. */
  async #inTime<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
    let cancel = (): void => undefined;
    const late = new Promise<undefined>((resolve) => {
      cancel = this.#options.clock.setTimeout(() => {
        resolve(undefined);
      }, ms);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      cancel();
    }
  }

  async #tryAcquireOrRenew(): Promise<boolean> {
    const { client, clock, identity, namespace, name } = this.#options;
    const isMine = this.#observed?.record.holder === identity;
    if (!isMine || !this.#isValid()) {
      const found = await client.get(leases, { namespace, name }).catch((error: unknown) => {
        if (isApiError(error, "NotFound")) return undefined;
        throw error;
      });
      if (found === undefined) {
        const record = taken(undefined, { identity, durationMs: this.#durationMs, now: clock.now() });
        const { object } = await client.create(leases, leaseOf(namespace, name, record));
        this.#observe(object);
        return true;
      }
      this.#observe(found);
    }
    const current = this.#observed;
    if (current === undefined) return false;
    const { record } = current;
    if (record.holder !== "" && record.holder !== identity && this.#isValid()) return false;
    const settings = { identity, durationMs: this.#durationMs, now: clock.now() };
    const spec = record.holder === identity ? renewed(record, settings) : taken(record, settings);
    try {
      const { object } = await client.update(leases, { ...current.lease, spec });
      this.#observe(object);
    } catch (error) {
      // What was observed is not what is stored; the next attempt reads again.
      if (isApiError(error, "Conflict") || isApiError(error, "NotFound")) this.#observed = undefined;
      throw error;
    }
    return true;
  }

  #observe(lease: KubeObject): void {
    const { clock, onNewLeader } = this.#options;
    if (this.#observed?.lease.metadata.resourceVersion !== lease.metadata.resourceVersion) {
      this.#observedAt = clock.now().getTime();
    }
    const record = readLease(lease);
    this.#observed = { lease, record };
    if (record.holder !== "" && record.holder !== this.#reportedLeader) {
      this.#reportedLeader = record.holder;
      onNewLeader?.(record.holder);
    }
  }

  /** Measured from when this process saw the last change, by its own clock. */
  #isValid(): boolean {
    return this.#options.clock.now().getTime() < this.#validUntil();
  }

  #validUntil(): number {
    return this.#observedAt + (this.#observed?.record.durationMs ?? this.#durationMs);
  }

  #isAnothers(): boolean {
    const holder = this.#observed?.record.holder ?? "";
    return holder !== "" && holder !== this.#options.identity;
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = clock.setTimeout(done, ms);
      signal.addEventListener("abort", done, { once: true });
      if (signal.aborted) done();
    });
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted;
