/** One running watch: follows the cache, selects, keeps time, and ends exactly once. */
import type { Cancel } from "../../machinery/clock.ts";
import type { ListOptions } from "../handlers/list-options.ts";
import type { Scope } from "../handlers/scope.ts";
import type { StreamSink } from "../http/api-request.ts";
import type { Watched, WatchMeter } from "../metrics/watch-metrics.ts";
import type {
  CachedObject,
  CacheEvent,
  CacheListener,
  CacheSubscription,
} from "../storage/watchcache/types.ts";
import type { FrameEncoder } from "./frames.ts";
import { departed, NoFrameError } from "./frames.ts";
import { Outbox } from "./outbox.ts";
import type { WatchStart } from "./watch.ts";

/** What a watch tells. */
type Told = Pick<CacheEvent, "type" | "object"> | { readonly bookmark: number };

const bookmarkBytes = 256;

export interface SessionOptions {
  readonly options: ListOptions;
  readonly start: WatchStart;
  readonly encoder: FrameEncoder;
  readonly sink: StreamSink;
}

const defaults = {
  bookmarkIntervalMs: 60_000,
  minTimeoutSeconds: 1_800,
  maxQueuedEvents: 1_000,
  maxQueuedBytes: 16 * 1024 * 1024,
};

/** The last bookmark goes out this long before the watch times out. */
const lastBookmarkLeadMs = 2_000;
/** A reader that is behind when its watch times out has this long to take the rest. */
const flushGraceMs = 10_000;

export class WatchSession {
  /** Fulfilled when the watch is over, for whatever reason. */
  readonly done: Promise<void>;
  readonly #scope: Scope;
  readonly #watch: SessionOptions;
  readonly #outbox: Outbox<Told>;
  readonly #meter: WatchMeter | undefined;
  readonly #finish: () => void;
  readonly #onAbort = (): void => {
    this.end();
  };
  #subscription: CacheSubscription | undefined;
  #timers: Cancel[] = [];
  #isOver = false;
  /** Events up to here are not sent: they were before the start. */
  #after = 0;
  #early: CacheEvent[] | undefined;

  constructor(scope: Scope, watch: SessionOptions) {
    this.#scope = scope;
    this.#watch = watch;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.done = promise;
    this.#finish = () => {
      resolve(undefined);
    };
    const limits = scope.deps.watch ?? {};
    this.#outbox = new Outbox(
      watch.sink,
      {
        maxFrames: limits.maxQueuedEvents ?? defaults.maxQueuedEvents,
        maxBytes: limits.maxQueuedBytes ?? defaults.maxQueuedBytes,
      },
      {
        frameOf: (told) => this.#frameOf(told),
        sizeOf: (told) => ("bookmark" in told ? bookmarkBytes : watch.encoder.sizeOf(told.object)),
        overflow: () => {
          this.#meter?.tooSlow();
          this.end();
        },
        fail: (error) => {
          this.#fail(error);
        },
        sent: (frame) => {
          this.#meter?.sent(frame.length);
        },
      },
    );
    this.#meter = scope.deps.watchMetrics?.started(watchedBy(scope), () => this.#outbox.waiting);
  }

  /** Starts sending. Rejects when the start cannot be had; nothing was sent then. */
  async begin(): Promise<void> {
    const { sink, start } = this.#watch;
    if (sink.signal.aborted) {
      this.end();
      return;
    }
    sink.signal.addEventListener("abort", this.#onAbort);
    if (start.kind === "state") await this.#beginWithState(start);
    else await this.#beginAfter(start);
    if (!this.#isOver) this.#startTimers();
  }

  /** Ends the watch; what a slow reader has not taken is dropped. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#outbox.end();
    this.#meter?.ended();
    this.#subscription?.stop();
    for (const cancel of this.#timers) cancel();
    this.#timers = [];
    this.#watch.sink.signal.removeEventListener("abort", this.#onAbort);
    this.#finish();
  }

  async #beginWithState(start: WatchStart & { kind: "state" }): Promise<void> {
    const { cache } = this.#scope.version.resource;
    if (start.atLeast > 0) await cache.waitFor(start.atLeast);
    if (this.#isOver) return;
    const { list, subscription } = cache.snapshotAndSubscribe(this.#scope.namespace, this.#listener());
    this.#subscription = subscription;
    this.#after = list.revision;
    this.#outbox.start(this.#initialFrames(list.items, list.revision));
  }

  *#initialFrames(items: readonly CachedObject[], revision: number): Generator<Buffer> {
    const { options, encoder } = this.#watch;
    const { clock } = this.#scope.deps;
    const since = clock.now().getTime();
    let count = 0;
    for (const item of items) {
      if (!options.selection.matches(item)) continue;
      count += 1;
      yield encoder.event("ADDED", item);
    }
    if (options.allowWatchBookmarks) yield encoder.bookmark(revision, true);
    this.#meter?.initialEvents(count, (clock.now().getTime() - since) / 1000);
  }

  async #beginAfter({ after }: WatchStart & { kind: "revision" }): Promise<void> {
    const { cache } = this.#scope.version.resource;
    this.#after = after;
    // Past events arrive before the promise resolves; they must not overflow a queue that nobody empties meanwhile.
    const early: CacheEvent[] = [];
    this.#early = early;
    const subscription = await cache.subscribe(after, this.#listener());
    this.#early = undefined;
    this.#subscription = subscription;
    if (this.#isOver) {
      subscription.stop();
      return;
    }
    this.#outbox.start(this.#framesOf(early));
  }

  *#framesOf(events: readonly CacheEvent[]): Generator<Buffer> {
    for (const event of events) {
      const change = this.#select(event);
      if (change !== undefined) yield this.#frameOf(change);
    }
  }

  #frameOf(told: Told): Buffer {
    const { encoder } = this.#watch;
    return "bookmark" in told
      ? encoder.bookmark(told.bookmark, false)
      : encoder.event(told.type, told.object);
  }

  /** An event that cannot be shown must not be left out silently: the watch ends, with the error where there is one. */
  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#outbox.end();
    if (!(error instanceof NoFrameError)) this.#watch.sink.write(this.#watch.encoder.error(error));
    this.end();
  }

  #listener(): CacheListener {
    return {
      event: (event) => {
        if (this.#isOver || event.revision <= this.#after) return;
        if (this.#early !== undefined) {
          this.#early.push(event);
          return;
        }
        try {
          const change = this.#select(event);
          if (change !== undefined) this.#outbox.push(change);
        } catch (error) {
          this.#fail(error);
        }
      },
      closed: () => {
        this.end();
      },
    };
  }

  /** What this watch sees of an event, if anything: objects enter and leave its selection. */
  #select(event: CacheEvent): Pick<CacheEvent, "type" | "object"> | undefined {
    const { namespace } = this.#scope;
    const { selection } = this.#watch.options;
    const { object, previous, type } = event;
    if (namespace !== "" && object.namespace !== namespace) return undefined;
    if (selection.isEverything) return event;
    const was = previous !== undefined && selection.matches(previous);
    if (type === "DELETED") return was ? { type, object } : undefined;
    const is = selection.matches(object);
    if (is) return { type: was ? "MODIFIED" : "ADDED", object };
    return was ? { type: "DELETED", object: departed(previous, object) } : undefined;
  }

  #startTimers(): void {
    const { deps } = this.#scope;
    const limits = deps.watch ?? {};
    const { options } = this.#watch;
    const minimum = limits.minTimeoutSeconds ?? defaults.minTimeoutSeconds;
    const asked = options.timeoutSeconds ?? 0;
    const seconds = asked > 0 ? asked : minimum + deps.random.integer(minimum + 1);
    const timeoutMs = seconds * 1000;
    this.#timers.push(
      deps.clock.setTimeout(() => {
        // What was committed before the end belongs to the watch.
        this.#outbox.flushed(() => {
          this.end();
        });
        if (this.#isOver) return;
        this.#timers.push(
          deps.clock.setTimeout(() => {
            this.end();
          }, flushGraceMs),
        );
      }, timeoutMs),
    );
    if (!options.allowWatchBookmarks) return;
    const interval = limits.bookmarkIntervalMs ?? defaults.bookmarkIntervalMs;
    this.#every(interval);
    if (timeoutMs > lastBookmarkLeadMs) {
      this.#timers.push(
        deps.clock.setTimeout(() => {
          this.#bookmark();
        }, timeoutMs - lastBookmarkLeadMs),
      );
    }
  }

  #every(interval: number): void {
    const slot = this.#timers.length;
    const next = (): void => {
      this.#timers[slot] = this.#scope.deps.clock.setTimeout(() => {
        this.#bookmark();
        if (!this.#isOver) next();
      }, interval);
    };
    next();
  }

  /** Everything up to the revision was sent, or stands before the bookmark in the queue. */
  #bookmark(): void {
    const { revision } = this.#scope.version.resource.cache;
    if (this.#isOver || revision < this.#after) return;
    this.#outbox.push({ bookmark: revision });
  }
}

function watchedBy({ version, namespace, name }: Scope): Watched {
  const { group, resource } = version.resource.gr;
  const scope = name !== "" ? "resource" : namespace === "" ? "cluster" : "namespace";
  return { group, version: version.name, resource, scope };
}
