import type { CacheEvent, CacheListener } from "./types.ts";

interface Entry {
  readonly after: number;
  readonly listener: CacheListener;
}

/** Those who follow one resource. None can disturb the others: one that throws is dropped. */
export class Listeners {
  readonly #entries = new Set<Entry>();

  /** Delivers events with a revision greater than `after`. Returns what ends it. */
  add(after: number, listener: CacheListener): () => void {
    const entry: Entry = { after, listener };
    this.#entries.add(entry);
    return () => void this.#entries.delete(entry);
  }

  deliver(event: CacheEvent): void {
    for (const entry of this.#entries) {
      if (event.revision <= entry.after) continue;
      try {
        entry.listener.event(event);
      } catch {
        // It broke its contract and may have missed this event, so it cannot go on.
        this.#entries.delete(entry);
        entry.listener.closed();
      }
    }
  }

  closeAll(): void {
    const entries = [...this.#entries];
    this.#entries.clear();
    for (const entry of entries) entry.listener.closed();
  }
}
