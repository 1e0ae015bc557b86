import type { Cancel, Clock } from "../clock.ts";
import type { Backoff } from "./backoff.ts";
import { MinHeap } from "./heap.ts";

/**
 * The work queue of a controller, with client-go's semantics: an item waits at most once however often it is added,
 * is never handed to two workers at a time, and is handed out again when it was added while being processed. Items
 * are compared by identity, so they are usually `namespace/name` texts.
 */
export interface WorkQueue<T> {
  /** Items ready to be handed out. */
  readonly length: number;
  readonly shuttingDown: boolean;
  add(item: T): void;
  /** Adds the item after a delay; of several pending delays for one item the shortest counts. */
  addAfter(item: T, ms: number): void;
  /** Adds the item after its backoff. */
  addRateLimited(item: T): void;
  /** Ends the backoff of an item; does not remove it. */
  forget(item: T): void;
  /** How often the item was added with backoff since it was last forgotten. */
  retries(item: T): number;
  /** The next item, as soon as there is one; undefined once the queue is shut down and empty. */
  get(): Promise<T | undefined>;
  /** Must be called when an item from `get` has been processed, whatever came of it. */
  done(item: T): void;
  /** Refuses new items; what is queued is still handed out, what waits for its time is dropped. */
  shutDown(): void;
  /** Shuts down and waits until everything handed out is done. */
  drain(): Promise<void>;
}

export interface WorkQueueOptions<T> {
  readonly clock: Clock;
  readonly backoff: Backoff<T>;
  /** Told of each event, for metrics. */
  readonly observe?: WorkQueueObserver<T>;
}

export interface WorkQueueObserver<T> {
  added?(item: T, depth: number): void;
  started?(item: T, depth: number): void;
  finished?(item: T): void;
  retried?(item: T): void;
}

/** An empty queue. */
export function createWorkQueue<T>(options: WorkQueueOptions<T>): WorkQueue<T> {
  return new Queue(options);
}

class Queue<T> implements WorkQueue<T> {
  private readonly options: WorkQueueOptions<T>;
  /** In the order they will be handed out; a subset of dirty. Sets keep insertion order. */
  private readonly ready = new Set<T>();
  /** All that needs processing, also what is being processed now and must be handed out again. */
  private readonly dirty = new Set<T>();
  private readonly processing = new Set<T>();
  private readonly waiting = new MinHeap<T>();
  private readonly dueAt = new Map<T, number>();
  private readonly takers: ((item: T | undefined) => void)[] = [];
  private readonly drained: (() => void)[] = [];
  private timer: { at: number; cancel: Cancel } | undefined;
  private down = false;

  constructor(options: WorkQueueOptions<T>) {
    this.options = options;
  }

  get length(): number {
    return this.ready.size;
  }

  get shuttingDown(): boolean {
    return this.down;
  }

  add(item: T): void {
    if (this.down || this.dirty.has(item)) return;
    this.dirty.add(item);
    this.options.observe?.added?.(item, this.ready.size + 1);
    if (!this.processing.has(item)) this.makeReady(item);
  }

  addAfter(item: T, ms: number): void {
    if (this.down) return;
    if (ms <= 0) {
      this.add(item);
      return;
    }
    const at = this.options.clock.now().getTime() + ms;
    const known = this.dueAt.get(item);
    if (known !== undefined && known <= at) return;
    this.dueAt.set(item, at);
    this.waiting.push(at, item);
    this.schedule();
  }

  addRateLimited(item: T): void {
    if (this.down) return;
    this.options.observe?.retried?.(item);
    this.addAfter(item, this.options.backoff.next(item));
  }

  forget(item: T): void {
    this.options.backoff.forget(item);
  }

  retries(item: T): number {
    return this.options.backoff.failures(item);
  }

  async get(): Promise<T | undefined> {
    for (const item of this.ready) {
      this.ready.delete(item);
      this.start(item);
      return item;
    }
    if (this.down) return undefined;
    return new Promise((resolve) => this.takers.push(resolve));
  }

  done(item: T): void {
    if (!this.processing.delete(item)) return;
    this.options.observe?.finished?.(item);
    if (this.dirty.has(item)) this.makeReady(item);
    this.checkDrained();
  }

  shutDown(): void {
    if (this.down) return;
    this.down = true;
    this.timer?.cancel();
    this.timer = undefined;
    this.dueAt.clear();
    while (this.waiting.pop() !== undefined);
    for (const take of this.takers.splice(0)) take(undefined);
    this.checkDrained();
  }

  async drain(): Promise<void> {
    this.shutDown();
    if (this.idle()) return;
    await new Promise<void>((resolve) => this.drained.push(resolve));
  }

  private idle(): boolean {
    return this.processing.size === 0 && this.ready.size === 0;
  }

  private checkDrained(): void {
    if (this.down && this.idle()) for (const resolve of this.drained.splice(0)) resolve();
  }

  private makeReady(item: T): void {
    const take = this.takers.shift();
    if (take === undefined) {
      this.ready.add(item);
      return;
    }
    this.start(item);
    take(item);
  }

  private start(item: T): void {
    this.dirty.delete(item);
    this.processing.add(item);
    this.options.observe?.started?.(item, this.ready.size);
  }

  /** One timer serves the whole heap: that of the item due first. */
  private schedule(): void {
    const next = this.waiting.peek();
    if (next === undefined || (this.timer !== undefined && this.timer.at <= next.at)) return;
    this.timer?.cancel();
    const cancel = this.options.clock.setTimeout(() => {
      this.timer = undefined;
      this.release();
    }, next.at - this.options.clock.now().getTime());
    this.timer = { at: next.at, cancel };
  }

  private release(): void {
    const now = this.options.clock.now().getTime();
    for (let next = this.waiting.peek(); next !== undefined && next.at <= now; next = this.waiting.peek()) {
      this.waiting.pop();
      // An entry replaced by an earlier one is stale.
      if (this.dueAt.get(next.item) !== next.at) continue;
      this.dueAt.delete(next.item);
      this.add(next.item);
    }
    this.schedule();
  }
}
