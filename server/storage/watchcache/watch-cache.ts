import type { Clock } from "../../../machinery/clock.ts";
import { isApiError } from "../../../api/errors/api-error.ts";
import type { Store, StoreSubscription } from "../store.ts";
import { isStorageError, StorageError } from "../store.ts";
import type { HistoryLimits } from "./event-ring.ts";
import { defaultHistoryLimits } from "./event-ring.ts";
import { KeptForms } from "./kept-forms.ts";
import type { SnapshotLimits } from "./object-index.ts";
import { defaultSnapshotLimits } from "./object-index.ts";
import { Progress } from "./progress.ts";
import type { CacheHub } from "./resource-cache.ts";
import { FollowedResource } from "./resource-cache.ts";
import type { ResourceCache } from "./types.ts";

/**
 * The watch caches of one process over one store. All reads of the API are served from here; a write goes to the
 * store, comes back as an event and is visible here before its promise resolves. When the store is lost, every
 * subscription ends, `current` fails, and the caches are loaded anew as soon as the store answers again.
 */
export interface WatchCache {
  /** Loads the resource and follows it from now on; the same cache when it is followed already. */
  register(resource: CachedResource): Promise<ResourceCache>;
  /** The cache of a registered resource. */
  find(group: string, plural: string): ResourceCache | undefined;
  /** The newest revision seen, of all resources. */
  readonly revision: number;
  /** Whether the store is there; false while it is lost, for readiness. */
  readonly isAvailable: boolean;
  /** Ends all subscriptions. The store stays open, it belongs to the caller. */
  close(): void;
}

/** A ResourceDefinition is one. The core group is the empty string. */
export interface CachedResource {
  readonly group: string;
  readonly plural: string;
}

export interface WatchCacheOptions {
  readonly clock: Clock;
  readonly resources?: readonly CachedResource[];
  readonly history?: Partial<HistoryLimits>;
  readonly snapshots?: Partial<SnapshotLimits>;
  /** Where to count and bound what is made of the objects. */
  readonly forms?: KeptForms;
}

/** Where the objects of a resource are kept; `<namespace>/<name>` or `<name>` follows. */
export const storePrefix = (resource: CachedResource): string =>
  `/registry/${resource.group === "" ? "core" : resource.group}/${resource.plural}/`;

/** Opens the caches and loads the given resources. */
export async function openWatchCache(store: Store, options: WatchCacheOptions): Promise<WatchCache> {
  const hub = new Hub(store, options);
  try {
    await hub.open(options.resources ?? []);
  } catch (error) {
    hub.close();
    throw error;
  }
  return hub;
}

const firstRetryMs = 1_000;
const lastRetryMs = 30_000;

class Hub implements WatchCache, CacheHub {
  readonly store: Store;
  readonly history: HistoryLimits;
  readonly snapshots: SnapshotLimits;
  readonly forms: KeptForms;
  readonly #clock: Clock;
  readonly #progress: Progress;
  readonly #resources = new Map<string, FollowedResource>();
  readonly #loading = new Map<string, Promise<ResourceCache>>();
  #following: StoreSubscription | undefined;
  #away: StorageError | undefined = new StorageError("Unavailable", "", "the watch cache is not open yet");
  #isClosed = false;
  /** Set when the store goes away again while the caches are being loaded. */
  #lostWhileLoading: StorageError | undefined;
  #cancelRetry: () => void = () => undefined;

  constructor(store: Store, options: WatchCacheOptions) {
    this.store = store;
    this.#clock = options.clock;
    this.history = { ...defaultHistoryLimits, ...options.history };
    this.snapshots = { ...defaultSnapshotLimits, ...options.snapshots };
    this.forms = options.forms ?? new KeptForms();
    this.#progress = new Progress(options.clock);
  }

  get revision(): number {
    return this.#progress.revision;
  }

  get isAvailable(): boolean {
    return this.#away === undefined;
  }

  async open(resources: readonly CachedResource[]): Promise<void> {
    await this.#follow();
    this.#checkLoaded();
    this.#away = undefined;
    for (const resource of resources) await this.register(resource);
  }

  async register(resource: CachedResource): Promise<ResourceCache> {
    this.checkAvailable();
    const prefix = storePrefix(resource);
    const known = this.#resources.get(prefix) ?? this.#loading.get(prefix);
    if (known !== undefined) return known;
    const load = this.#load(prefix);
    this.#loading.set(prefix, load);
    try {
      return await load;
    } finally {
      this.#loading.delete(prefix);
    }
  }

  find(group: string, plural: string): ResourceCache | undefined {
    return this.#resources.get(storePrefix({ group, plural }));
  }

  now(): number {
    return this.#clock.now().getTime();
  }

  async current(key?: string): Promise<number> {
    this.checkAvailable();
    const revision = await this.store.currentRevision(key);
    if (revision <= this.#progress.revision) return this.#progress.revision;
    try {
      await this.#progress.waitFor(revision);
    } catch (error) {
      if (!isApiError(error)) throw error;
      throw new StorageError("Unavailable", "", "the watch cache does not keep up with the store", error);
    }
    return this.#progress.revision;
  }

  async waitFor(revision: number | bigint): Promise<void> {
    this.checkAvailable();
    await this.#progress.waitFor(revision);
  }

  checkAvailable(): void {
    if (this.#away !== undefined) throw this.#away;
  }

  lost(error: StorageError | undefined): void {
    const why = new StorageError("Unavailable", "", error?.message ?? "the store is closed", error);
    if (this.#away !== undefined) {
      this.#lostWhileLoading = why;
      return;
    }
    this.#end(why);
    if (error !== undefined) this.#retryAfter(firstRetryMs);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelRetry();
    this.#end(new StorageError("Unavailable", "", "the watch cache is closed"));
  }

  async #load(prefix: string): Promise<ResourceCache> {
    const cache = new FollowedResource(this, prefix);
    await cache.follow();
    this.#resources.set(prefix, cache);
    return cache;
  }

  /** The hub sees each event before the resource it concerns, so a listener finds `revision` up to date. */
  async #follow(): Promise<void> {
    const revision = await this.store.currentRevision();
    this.#following = await this.store.watch("", revision, {
      event: (event) => {
        this.#progress.advance(event.revision);
      },
      closed: (error) => {
        this.lost(error);
      },
    });
    this.#progress.advance(revision);
  }

  #end(why: StorageError): void {
    this.#away = why;
    this.#following?.stop();
    this.#following = undefined;
    for (const cache of this.#resources.values()) cache.drop();
    this.#progress.fail(why);
  }

  #retryAfter(ms: number): void {
    this.#cancelRetry = this.#clock.setTimeout(() => {
      this.#reopen().catch((error: unknown) => {
        if (this.#isClosed) return;
        if (isStorageError(error)) this.#end(error);
        this.#retryAfter(Math.min(ms * 2, lastRetryMs));
      });
    }, ms);
  }

  #checkLoaded(): void {
    if (this.#lostWhileLoading !== undefined) throw this.#lostWhileLoading;
  }

  async #reopen(): Promise<void> {
    this.#lostWhileLoading = undefined;
    await this.#follow();
    for (const cache of this.#resources.values()) await cache.follow();
    this.#checkLoaded();
    if (!this.#isClosed) this.#away = undefined;
  }
}
