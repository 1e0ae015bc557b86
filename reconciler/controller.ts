/**
 * Keeps the rendered resources of every ModelDeployment as rendered, and its status true. Level-triggered: an event only
 * says which deployment to look at; a pass decides by what is there. One deployment is in one worker's hands at a time.
 */
import type { Registry } from "@prometheus-io/client";
import type { KubeObject } from "../api/meta/types.ts";
import type { InferenceProvider } from "../api/inferenceprovider/v1alpha1/types.ts";
import type { ModelDeployment } from "../api/modeldeployment/v1alpha2/types.ts";
import type { Client } from "../cluster/client.ts";
import { startInformer } from "../cluster/informer.ts";
import type { Cancel, Clock } from "../machinery/clock.ts";
import type { JsonValue } from "../machinery/json/value.ts";
import { equalJson } from "../machinery/json/value.ts";
import { exponentialBackoff } from "../machinery/queue/backoff.ts";
import { createWorkQueue } from "../machinery/queue/work-queue.ts";
import type { Transformer } from "../transformers/transformer.ts";
import { createEventRecorder } from "./events.ts";
import type { ReconcileResult } from "./metrics.ts";
import { createReconcilerMetrics } from "./metrics.ts";
import { inferenceProviders, modelDeployments } from "./names.ts";
import type { OrphanWatch } from "./orphans.ts";
import { createOrphanWatch } from "./orphans.ts";
import type { PassOptions, RenderDeployment, Verdict } from "./pass.ts";
import { asPlain, reconcile } from "./pass.ts";
import { createRecentWrites } from "./recent-writes.ts";
import { RenderedKinds } from "./rendered-kinds.ts";
import { createSettledDifferences } from "./settled.ts";

export interface ReconcilerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  readonly metrics: Registry;
  readonly transformers: readonly Transformer[];
  /** The renderer admission uses too. */
  readonly renderDeployment: RenderDeployment;
  /** Deployments worked on at the same time. */
  readonly workers?: number;
  /** How often every deployment is looked at although nothing happened to it; ten minutes. */
  readonly fullPassMs?: number;
  /** Told of failures that are not the deployment's own; the reconciler itself goes on. */
  readonly onError: (what: string, error: unknown) => void;
}

export interface ReconcilerHandle {
  /** Resolves when everything there is has been seen; work starts then. */
  readonly synced: Promise<void>;
  /** Looks at the deployment as soon as a worker is free, whatever backoff it is in. */
  requestNow(namespace: string, name: string): void;
  /** Asks at once what kinds are served, rather than when it would anyway. */
  kindsChanged(): void;
  /** Lets running passes finish and ends. */
  stop(): Promise<void>;
}

const defaultWorkers = 16;
const defaultFullPassMs = 10 * 60_000;
/** A full pass takes this part of the time between two, so that it is no burst. */
const fullPassSpread = 0.5;
/** A conflict means the cache is behind; it needs a moment, not a punishment. */
const conflictDelayMs = 10;
const maxConflicts = 20;

export function startReconciler(options: ReconcilerOptions): ReconcilerHandle {
  return new Reconciler(options).start();
}

class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #abort = new AbortController();
  readonly #workers: number;
  readonly #metrics: ReturnType<typeof createReconcilerMetrics>;
  readonly #queue: ReturnType<typeof createWorkQueue<string>>;
  readonly #deployments: ReturnType<typeof startInformer>;
  readonly #providers: ReturnType<typeof startInformer>;
  readonly #recent = createRecentWrites();
  readonly #conflicts = new Map<string, number>();
  /** The status last written, by key: its coming back is no reason for another pass. */
  readonly #statuses = new Map<string, JsonValue>();
  readonly #pass: PassOptions;
  readonly #orphans: OrphanWatch;
  #cancelFullPass: Cancel = () => undefined;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { client, clock, random, metrics, transformers, renderDeployment, onError } = options;
    this.#workers = options.workers ?? defaultWorkers;
    this.#metrics = createReconcilerMetrics(metrics, { clock, workers: this.#workers });
    this.#queue = createWorkQueue<string>({
      clock,
      backoff: exponentialBackoff({ baseMs: 5_000, maxMs: 300_000, jitter: 0.1, random }),
      observe: this.#metrics.queue,
    });
    const { signal } = this.#abort;
    this.#deployments = startInformer({
      client,
      resource: modelDeployments,
      clock,
      random,
      signal,
      onError: (error) => {
        onError(modelDeployments.resource, error);
      },
    });
    this.#providers = startInformer({
      client,
      resource: inferenceProviders,
      clock,
      random,
      signal,
      onError: (error) => {
        onError(inferenceProviders.resource, error);
      },
    });
    const settled = createSettledDifferences();
    const kinds = new RenderedKinds({
      client,
      clock,
      random,
      signal,
      kinds: transformers.flatMap(({ renders }) => renders),
      onChange: (namespace, name) => {
        this.#queue.add(`${namespace}/${name}`);
      },
      onGone: (uid) => {
        settled.forget(uid);
        this.#orphans.forget(uid);
      },
      onServed: () => {
        for (const object of this.#deployments.list()) this.#queue.add(keyOf(object));
      },
      onError,
    });
    const recorder = createEventRecorder({ client, clock, onError });
    this.#orphans = createOrphanWatch({
      client,
      clock,
      signal,
      kinds: () => kinds.all(),
      recorder,
      count: (kind, orphans) => {
        this.#metrics.orphaned(kind, orphans);
      },
      onError,
    });
    this.#pass = {
      client,
      clock,
      transformers,
      renderDeployment,
      providerOf: (name) => this.#providers.get("", name) as InferenceProvider | undefined,
      kinds,
      settled,
      recorder,
      onStatus: (deployment, status) => {
        this.#statuses.set(keyOf(deployment), asPlain(status));
      },
      onWritten: (deployment) => {
        this.#recent.remember(keyOf(deployment), deployment as unknown as KubeObject);
      },
    };
  }

  start(): ReconcilerHandle {
    const queue = this.#queue;
    this.#deployments.onChange({
      added: (object) => {
        queue.add(keyOf(object));
        this.#orphans.claim(object.metadata.namespace ?? "", object.metadata.name ?? "");
      },
      updated: (object, old) => {
        this.#recent.seen(keyOf(object), object);
        if (!this.#isOwnStatus(object, old)) queue.add(keyOf(object));
      },
      deleted: (object) => {
        this.#recent.forget(keyOf(object));
        this.#statuses.delete(keyOf(object));
        queue.add(keyOf(object));
      },
    });
    this.#providers.onChange({
      updated: (object, old) => {
        if (!equalJson(readinessOf(object), readinessOf(old))) this.#queueUsersOf(object.metadata.name ?? "");
      },
    });
    let isWorking = false;
    const synced = Promise.all([
      this.#deployments.synced,
      this.#providers.synced,
      this.#pass.kinds.start(),
    ]).then(() => {
      isWorking = true;
      for (let i = 0; i < this.#workers; i += 1) void this.#work();
      void this.#orphans.look();
      this.#scheduleFullPass();
    });
    return {
      synced,
      requestNow(namespace, name) {
        queue.forget(`${namespace}/${name}`);
        queue.add(`${namespace}/${name}`);
      },
      kindsChanged: () => {
        this.#pass.kinds.lookAgain();
      },
      stop: async () => {
        this.#abort.abort();
        this.#cancelFullPass();
        // Before anybody works, what is queued would be waited for in vain.
        if (isWorking) await queue.drain();
        else queue.shutDown();
        await this.#orphans.stop();
        await this.#pass.recorder.stop();
      },
    };
  }

  /** Those the provider serves are as true as it is alive; those that may leave another could come to it. */
  #queueUsersOf(provider: string): void {
    for (const object of this.#deployments.list()) {
      const { spec } = object as unknown as ModelDeployment;
      if (spec.provider?.name === provider || spec.provider?.failover === true)
        this.#queue.add(keyOf(object));
    }
  }

  /** Heals what no event tells of: a refusal whose reason has gone, an event that was lost; tells what cannot be healed. */
  #scheduleFullPass(): void {
    const { clock, random, fullPassMs = defaultFullPassMs } = this.#options;
    if (this.#abort.signal.aborted) return;
    this.#cancelFullPass = clock.setTimeout(() => {
      for (const object of this.#deployments.list()) {
        this.#queue.addAfter(keyOf(object), random() * fullPassMs * fullPassSpread);
      }
      void this.#orphans.look();
      this.#scheduleFullPass();
    }, fullPassMs);
  }

  /** Whether nothing but the status changed, to what we wrote. */
  #isOwnStatus(object: KubeObject, old: KubeObject): boolean {
    const written = this.#statuses.get(keyOf(object));
    const status = asPlain(object.status ?? {});
    return written !== undefined && equalJson(written, status) && equalJson(intentOf(object), intentOf(old));
  }

  async #work(): Promise<void> {
    const { clock } = this.#options;
    for (let key = await this.#queue.get(); key !== undefined; key = await this.#queue.get()) {
      const begun = clock.now().getTime();
      this.#metrics.started();
      const verdict = await this.#reconcile(key);
      const result = this.#schedule(key, verdict);
      this.#queue.done(key);
      this.#metrics.finished(result, (clock.now().getTime() - begun) / 1000);
    }
  }

  async #reconcile(key: string): Promise<Verdict> {
    const [namespace = "", name = ""] = key.split("/");
    const deployment = this.#recent.newest(key, this.#deployments.get(namespace, name));
    if (deployment === undefined || this.#abort.signal.aborted) return {};
    try {
      return await reconcile(deployment as unknown as ModelDeployment, this.#pass);
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

/** What of a provider concerns those it serves; its heartbeat alone does not. */
function readinessOf(object: KubeObject): JsonValue {
  const { spec, status } = object as unknown as InferenceProvider;
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return [
    status?.ready ?? false,
    ready?.lastTransitionTime ?? "",
    ready?.message ?? "",
    // Whether it may be left, and what may come to it.
    spec,
  ];
}

/** Everything of a deployment a pass acts on, apart from its status. */
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

const keyOf = ({ metadata }: { metadata: { namespace?: string; name?: string } }): string =>
  `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
