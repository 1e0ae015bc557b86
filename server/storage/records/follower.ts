import { isApiError } from "../../../api/errors/api-error.ts";
import type { Client, WatchEvent } from "../../../cluster/client.ts";
import { untilSilent } from "../../../cluster/silence.ts";
import type { Clock } from "../../../machinery/clock.ts";
import { isStorageError } from "../store.ts";
import { within } from "./failure.ts";
import type { Mirror } from "./mirror.ts";
import { parseRevision, recordResource } from "./record.ts";

export interface FollowerOptions {
  readonly client: Client;
  readonly namespace: string;
  readonly mirror: Mirror;
  readonly clock: Clock;
  /** 0 ≤ n < 1; spreads reconnects. */
  readonly random: () => number;
  /** Told about every failure; the follower itself goes on. */
  readonly onError: (error: unknown) => void;
}

const firstDelayMs = 100;
/** Low, because every replica waits for this after the host was away, and there are few replicas. */
const lastDelayMs = 5_000;
/** How long the way to the host may be broken before this process is no good to anybody; a host that restarts is back by then. */
const patienceMs = 15_000;
/** All pages together; long, because many large records take their time. */
const listMs = 120_000;

/**
 * Keeps the mirror equal to the host: a list in pages, then one watch with bookmarks for the whole process. After a cut
 * it goes on from the last resourceVersion; when the host no longer has what followed, it lists anew and the mirror
 * finds out what happened.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #stopped = new AbortController();
  #session = new AbortController();
  /** Where to go on; empty when the state must be read anew. */
  #revision = "";
  #failures = 0;
  /** When the first failure came since the host last accepted a watch. */
  #failingSince: number | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** False while the host has not let itself be followed for a while. */
  get isReachable(): boolean {
    const since = this.#failingSince;
    return since === undefined || this.#options.clock.now().getTime() - since <= patienceMs;
  }

  /** Reads the complete state into the mirror. */
  async load(): Promise<void> {
    const { client, mirror, namespace, clock } = this.#options;
    // A list that comes after its time is not used: the mirror may have gone on.
    const list = await within(clock, listMs, "reading the records", (late) => {
      const signal = AbortSignal.any([late, this.#stopped.signal]);
      return abortable(signal, client.list(recordResource, { namespace, signal }));
    });
    mirror.replace(list.items, parseRevision(list.resourceVersion, "a list"));
    this.#revision = list.resourceVersion;
  }

  /** Follows from the loaded state until `stop`. */
  start(): void {
    this.#running = this.#run();
  }

  /** Gives up the present connection and goes on over a new one: what should have come did not. */
  restart(): void {
    this.#session.abort();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#session.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      this.#failures += 1;
      try {
        if (this.#revision === "") await this.load();
        await this.#watch();
      } catch (error) {
        if (isAborted(signal)) return;
        this.#failed(error);
      }
      if (this.#failures > 1) await this.#sleep();
    }
  }

  #failed(error: unknown): void {
    if (isApiError(error, "Expired") || isApiError(error, "Gone")) {
      this.#revision = "";
      return;
    }
    this.#failingSince ??= this.#options.clock.now().getTime();
    if (isStorageError(error)) {
      // A record that cannot be read: what it did is unknown, so nothing after it may be told.
      this.#revision = "";
      this.#options.mirror.interrupt(error);
    }
    this.#options.onError(error);
  }

  /** Returns when the watch ended in order or was silent for too long. */
  async #watch(): Promise<void> {
    const { client, namespace, random, clock } = this.#options;
    const session = new AbortController();
    this.#session = session;
    const until = AbortSignal.any([session.signal, this.#stopped.signal]);
    const events = untilSilent(clock, until, (signal) =>
      client.watch(recordResource, {
        namespace,
        resourceVersion: this.#revision,
        // Spread over time, so that the replicas do not come back together.
        timeoutSeconds: Math.round(300 + 300 * random()),
        onOpen: () => {
          this.#failingSince = undefined;
        },
        signal,
      }),
    );
    try {
      for await (const event of events) this.#take(event);
    } catch (error) {
      if (!session.signal.aborted) throw error;
    }
  }

  #take({ type, object }: WatchEvent): void {
    const { mirror } = this.#options;
    this.#failures = 0;
    if (type === "DELETED") mirror.removed(object);
    else if (type !== "BOOKMARK") mirror.changed(object);
    const { resourceVersion } = object.metadata;
    if (type === "BOOKMARK") mirror.progress(parseRevision(resourceVersion, "a bookmark"));
    this.#revision = resourceVersion ?? this.#revision;
  }

  /** 100 ms doubling to 5 s, each between half of it and all of it. */
  async #sleep(): Promise<void> {
    const { clock, random } = this.#options;
    const full = Math.min(lastDelayMs, firstDelayMs * 2 ** Math.min(this.#failures - 2, 10));
    let cancel: () => void = () => undefined;
    const slept = new Promise<undefined>((resolve) => {
      cancel = clock.setTimeout(
        () => {
          resolve(undefined);
        },
        full * (0.5 + random() / 2),
      );
    });
    try {
      await abortable(this.#stopped.signal, slept);
    } catch {
      // Stopped: nobody waits for the next attempt.
      cancel();
    }
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted;

/** The promise, or a failure as soon as the signal is aborted. */
async function abortable<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => {
    reject(new Error("stopped"));
  };
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
