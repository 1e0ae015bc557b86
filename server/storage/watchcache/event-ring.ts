import type { CacheEvent } from "./types.ts";

/** How many recent events a resource keeps. */
export interface HistoryLimits {
  /** Younger events stay unless one of the two maxima is reached. */
  readonly minAgeMs: number;
  /** This many newest events stay however old. */
  readonly minEvents: number;
  readonly maxEvents: number;
  /** Of the encoded objects in the events. */
  readonly maxBytes: number;
}

export const defaultHistoryLimits: HistoryLimits = {
  minAgeMs: 5 * 60_000,
  minEvents: 1_000,
  maxEvents: 100_000,
  maxBytes: 128 * 1024 * 1024,
};

/** The recent events of one resource, oldest first. Complete after `floor`: every event with a greater revision is here. */
export class EventRing {
  #events: { readonly event: CacheEvent; readonly at: number }[] = [];
  #head = 0;
  #bytes = 0;
  #floor: number;
  #hasForgotten = false;
  readonly #limits: HistoryLimits;

  constructor(floor: number, limits: HistoryLimits) {
    this.#floor = floor;
    this.#limits = limits;
  }

  get floor(): number {
    return this.#floor;
  }

  /** Whether events went because there were too many, or they were too old. */
  get hasForgotten(): boolean {
    return this.#hasForgotten;
  }

  /** Puts in what was before the floor, oldest first and complete after the new floor. */
  unshift(events: readonly CacheEvent[], floor: number, at: number): void {
    const earlier = events.map((event) => ({ event, at }));
    this.#events = earlier.concat(this.#events.slice(this.#head));
    this.#head = 0;
    for (const { object } of events) this.#bytes += object.json.length;
    this.#floor = floor;
    this.#trim(at);
  }

  /** Appends; the revision must be greater than all before. */
  push(event: CacheEvent, at: number): void {
    this.#events.push({ event, at });
    this.#bytes += event.object.json.length;
    this.#trim(at);
  }

  /** The events with a greater revision, oldest first. */
  *after(revision: number): Generator<CacheEvent> {
    const events = this.#events;
    for (let i = this.#positionAfter(revision), end = events.length; i < end; i++) {
      const entry = events[i];
      if (entry !== undefined) yield entry.event;
    }
  }

  /** The events with a greater revision, newest first. */
  *backTo(revision: number): Generator<CacheEvent> {
    const first = this.#positionAfter(revision);
    for (let i = this.#events.length - 1; i >= first; i--) {
      const entry = this.#events[i];
      if (entry !== undefined) yield entry.event;
    }
  }

  /** The event of exactly this revision. */
  at(revision: number): CacheEvent | undefined {
    const event = this.#events[this.#positionAfter(revision - 1)]?.event;
    return event?.revision === revision ? event : undefined;
  }

  #positionAfter(revision: number): number {
    let low = this.#head;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.event.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #trim(now: number): void {
    const { minAgeMs, minEvents, maxEvents, maxBytes } = this.#limits;
    for (;;) {
      const oldest = this.#events[this.#head];
      const count = this.#events.length - this.#head;
      if (oldest === undefined || count <= 1) break;
      const isOld = count > minEvents && now - oldest.at > minAgeMs;
      if (!isOld && count <= maxEvents && this.#bytes <= maxBytes) break;
      this.#head++;
      this.#bytes -= oldest.event.object.json.length;
      this.#floor = oldest.event.revision;
      this.#hasForgotten = true;
    }
    // Amortized: the array is copied at most once per as many pushes as it has entries. A generator that is
    // running keeps the array it started with.
    if (this.#head > 256 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
  }
}
