/**
 * The loop over the objects of one kind. Level-triggered: an event only says which object to look at; a pass decides by
 * what is there. One object is in one worker's hands at a time. What a pass does is the caller's.
 */
import type { KubeObject } from "../api/meta/types.ts";
import type { Client, ResourceRef } from "../cluster/client.ts";
import type { IndexFunction, Informer } from "../cluster/informer.ts";
import { startInformer } from "../cluster/informer.ts";
import type { Cancel, Clock } from "../machinery/clock.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { equalJson } from "../machinery/json/value.ts";
import { exponentialBackoff } from "../machinery/queue/backoff.ts";
import { createWorkQueue } from "../machinery/queue/work-queue.ts";
import { WorkTurns } from "../machinery/queue/work-turns.ts";
import type { ControllerMetrics, ReconcileResult } from "./metrics.ts";
import { createRecentWrites } from "./recent-writes.ts";
import type { Reported, StatusWriterOptions } from "./status-writer.ts";
import { asPlain } from "./status-writer.ts";
import type { Verdict } from "./verdict.ts";

export interface ControlLoopOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  /** The kind whose objects are reconciled. */
  readonly resource: ResourceRef;
  /** Ends everything the loop follows. */
  readonly abort: AbortController;
  readonly metrics: ControllerMetrics;
  readonly indexes?: Readonly<Record<string, IndexFunction>>;
  /** Objects worked on at the same time. */
  readonly workers: number;
  /** How often every object is looked at although nothing happened to it; ten minutes. */
  readonly fullPassMs?: number | undefined;
  /** Told of failures that are not an object's own; the loop itself goes on. */
  readonly onError: (what: string, error: unknown) => void;
}

/** What the loop drives. */
export interface ControlLoopWork {
  /** Resolves when everything that passes read beside the objects is there; work starts then. */
  readonly ready: Promise<unknown>;
  reconcile(object: KubeObject): Promise<Verdict>;
  /** Work begins. */
  begun?(): void;
  /** An object is there that was not. */
  added?(namespace: string, name: string): void;
  /** An object is gone. */
  removed?(object: KubeObject): void;
  /** Everything is about to be looked at again. */
  fullPass?(): void;
}

const defaultFullPassMs = 10 * 60_000;
/** A full pass takes this part of the time between two, so that it is no burst. */
const fullPassSpread = 0.5;
/** A conflict means the cache is behind; it needs a moment, not a punishment. */
const conflictDelayMs = 10;
const maxConflicts = 20;

export class ControlLoop implements Pick<StatusWriterOptions, "onStatus" | "onWritten"> {
  /** The objects, as they are known. */
  readonly objects: Informer;
  readonly #options: ControlLoopOptions;
  readonly #queue: ReturnType<typeof createWorkQueue<string>>;
  readonly #recent = createRecentWrites();
  readonly #conflicts = new Map<string, number>();
  /** The status last written, by key, until it comes back: that is no reason for another pass. */
  readonly #statuses = new Map<string, JsonValue>();
  /** Writes that were stored together are looked at a few at a time. */
  readonly #turns: WorkTurns;
  #cancelFullPass: Cancel = () => undefined;
  #isWorking = false;

  constructor(options: ControlLoopOptions) {
    this.#options = options;
    const { client, clock, random, resource, abort, metrics, indexes = {}, onError } = options;
    this.#turns = new WorkTurns(clock);
    this.#queue = createWorkQueue<string>({
      clock,
      backoff: exponentialBackoff({ baseMs: 5_000, maxMs: 300_000, jitter: 0.1, random }),
      observe: metrics.queue,
    });
    this.objects = startInformer({
      client,
      resource,
      clock,
      random,
      indexes,
      // Many, and read once for a pass.
      packs: true,
      transform: withoutManagers,
      signal: abort.signal,
      onError: (error) => {
        onError(resource.resource, error);
      },
    });
  }

  /** Has the object looked at when a worker is free. */
  readonly add = (namespace: string, name: string): void => {
    this.#queue.add(`${namespace}/${name}`);
  };

  readonly addObject = (object: KubeObject): void => {
    this.#queue.add(keyOf(object));
  };

  /** Has every object looked at. */
  readonly addAll = (): void => {
    for (const key of this.objects.keys()) this.#queue.add(key);
  };

  /** Has the objects looked at that have the value in the index. */
  readonly addByIndex = (index: string, value: string): void => {
    for (const key of this.objects.keysByIndex(index, value)) this.#queue.add(key);
  };

  readonly onStatus = (object: Reported, status: object): void => {
    this.#statuses.set(keyOf(object), asPlain(status));
  };

  readonly onWritten = (object: Reported): void => {
    const { namespace = "", name = "" } = object.metadata;
    this.#recent.remember(keyOf(object), { ...object }, this.objects.get(namespace, name));
  };

  /** Has the object looked at as soon as a worker is free, whatever backoff it is in. */
  requestNow(namespace: string, name: string): void {
    this.#queue.forget(`${namespace}/${name}`);
    this.add(namespace, name);
  }

  /** Resolves when everything there is has been seen; work starts then. */
  async start(work: ControlLoopWork): Promise<void> {
    this.objects.onChange({
      appeared: (key) => {
        this.#queue.add(key);
        work.added?.(...partsOf(key));
      },
      updated: (object, old) => {
        this.#recent.seen(keyOf(object), object);
        if (!this.#isOwnStatus(object, old)) this.addObject(object);
      },
      deleted: (object) => {
        this.#recent.forget(keyOf(object));
        this.#statuses.delete(keyOf(object));
        this.addObject(object);
        work.removed?.(object);
      },
    });
    await Promise.all([this.objects.synced, work.ready]);
    if (this.#options.abort.signal.aborted) return;
    this.#isWorking = true;
    for (let i = 0; i < this.#options.workers; i += 1) void this.#work(work);
    work.begun?.();
    this.#scheduleFullPass(work);
  }

  /** Lets running passes finish. */
  async stop(): Promise<void> {
    this.#options.abort.abort();
    this.#cancelFullPass();
    // Before anybody works, what is queued would be waited for in vain.
    if (this.#isWorking) await this.#queue.drain();
    else this.#queue.shutDown();
  }

  /** Heals what no event tells of: a refusal whose reason has gone, an event that was lost; tells what cannot be healed. */
  #scheduleFullPass(work: ControlLoopWork): void {
    const { abort, clock, random, fullPassMs = defaultFullPassMs } = this.#options;
    if (abort.signal.aborted) return;
    this.#cancelFullPass = clock.setTimeout(() => {
      for (const key of this.objects.keys()) {
        this.#queue.addAfter(key, random() * fullPassMs * fullPassSpread);
      }
      work.fullPass?.();
      this.#scheduleFullPass(work);
    }, fullPassMs);
  }

  /** Whether nothing but the status changed, to what we wrote. */
  #isOwnStatus(object: KubeObject, old: () => KubeObject): boolean {
    const written = this.#statuses.get(keyOf(object));
    if (written === undefined || !equalJson(written, asPlain(object.status))) return false;
    this.#statuses.delete(keyOf(object));
    return equalJson(intentOf(object), intentOf(old()));
  }

  async #work(work: ControlLoopWork): Promise<void> {
    const { clock, metrics } = this.#options;
    for (let key = await this.#queue.get(); key !== undefined; key = await this.#queue.get()) {
      const turn = this.#turns.begin();
      if (turn !== undefined) await turn;
      const begun = clock.now().getTime();
      metrics.started();
      const verdict = await this.#reconcile(key, work);
      const result = this.#schedule(key, verdict);
      this.#queue.done(key);
      metrics.finished(result, (clock.now().getTime() - begun) / 1000);
    }
  }

  async #reconcile(key: string, work: ControlLoopWork): Promise<Verdict> {
    const [namespace, name] = partsOf(key);
    const object = this.#recent.newest(key, this.objects.get(namespace, name));
    if (object === undefined || this.#options.abort.signal.aborted) return {};
    try {
      return await work.reconcile(object);
    } catch (error) {
      return { failure: "unavailable", error };
    }
  }

  #schedule(key: string, { failure, error, againAt }: Verdict): ReconcileResult {
    const queue = this.#queue;
    const conflicts = failure === "conflict" ? (this.#conflicts.get(key) ?? 0) + 1 : 0;
    if (conflicts === 0) this.#conflicts.delete(key);
    else this.#conflicts.set(key, conflicts);
    if (failure === "conflict" && conflicts <= maxConflicts) {
      queue.addAfter(key, conflictDelayMs);
      return "requeue";
    }
    if (failure === "unavailable" || failure === "conflict") {
      if (error !== undefined) this.#options.onError(key, error);
      queue.addRateLimited(key);
      return "error";
    }
    queue.forget(key);
    if (againAt !== undefined) {
      queue.addAfter(key, Math.max(1, againAt.getTime() - this.#options.clock.now().getTime()));
      return "requeue_after";
    }
    return failure === undefined ? "success" : "error";
  }
}

/** Who set which field is nothing to a pass, and a third of the object. */
function withoutManagers(object: KubeObject): KubeObject {
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Everything of an object a pass acts on, apart from its status. */
function intentOf({ metadata }: KubeObject): JsonValue {
  const { uid, generation, deletionTimestamp, labels, annotations, finalizers } = metadata;
  return [
    uid ?? "",
    generation ?? 0,
    deletionTimestamp ?? "",
    labels ?? {},
    annotations ?? {},
    finalizers ?? [],
  ];
}

const partsOf = (key: string): [namespace: string, name: string] => {
  const slash = key.indexOf("/");
  return [key.slice(0, slash), key.slice(slash + 1)];
};

const keyOf = ({ metadata }: { metadata: { namespace?: string; name?: string } }): string =>
  `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
