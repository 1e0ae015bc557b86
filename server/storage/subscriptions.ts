import type { StorageError, StoreEvent, StoreListener, StoreSubscription } from "./store.ts";

interface Entry {
  readonly prefix: string;
  readonly after: number;
  readonly listener: StoreListener;
}

/** The live watches of one store. Events are published in revision order, each to every watch it concerns. */
export class Subscriptions {
  readonly #entries = new Set<Entry>();
  readonly #queue: StoreEvent[] = [];

  /** The caller has delivered the past already; from here on events with a greater revision are. */
  add(prefix: string, after: number, listener: StoreListener): StoreSubscription {
    const entry: Entry = { prefix, after, listener };
    this.#entries.add(entry);
    return { stop: () => void this.#entries.delete(entry) };
  }

  /** Returns when all have seen the event, except when called by a listener: then the outer call does the work. */
  publish(event: StoreEvent): void {
    // A listener that writes would otherwise show the later event to the remaining listeners first.
    if (this.#queue.push(event) > 1) return;
    for (let next: StoreEvent | undefined = event; next !== undefined; next = this.#queue[0]) {
      for (const entry of this.#entries) {
        if (next.revision > entry.after && next.key.startsWith(entry.prefix)) entry.listener.event(next);
      }
      this.#queue.shift();
    }
  }

  /** Ends all watches; without an error the store was closed in order. */
  closeAll(error?: StorageError): void {
    const entries = [...this.#entries];
    this.#entries.clear();
    for (const entry of entries) entry.listener.closed(error);
  }
}
