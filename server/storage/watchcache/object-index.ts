import { compareUtf8 } from "../../../machinery/json/encode.ts";
import { positionOf } from "../key-order.ts";
import type { EventRing } from "./event-ring.ts";
import type { CachedObject, CacheEvent } from "./types.ts";

/**
 * The objects of one resource in key order, per namespace. A LIST hands out the array itself; the first change after
 * that copies it and remembers the old one, which is then the exact state of a range of revisions. The array over all
 * namespaces is put together when it is asked for, and kept until the next change. So repeated lists and the pages of
 * one list cost nothing but the change between them.
 */

interface View {
  items: CachedObject[];
  /** The revision of the change that led to these items. */
  since: number;
  /** Somebody holds the array: it must not change any more. */
  isShared: boolean;
}

interface Snapshot {
  readonly namespace: string;
  readonly items: readonly CachedObject[];
  readonly from: number;
  readonly to: number;
  readonly at: number;
}

/** How many old lists are kept, and for how long; the newest whatever its length. */
export interface SnapshotLimits {
  readonly maxSnapshots: number;
  /** In all of them together: each costs a reference of eight bytes. */
  readonly maxItems: number;
  readonly maxAgeMs: number;
}

export const defaultSnapshotLimits: SnapshotLimits = {
  maxSnapshots: 64,
  maxItems: 4 * 1024 * 1024,
  maxAgeMs: 5 * 60_000,
};

const allNamespaces = "";
const nothing: readonly CachedObject[] = [];

export class ObjectIndex {
  readonly #byKey = new Map<string, CachedObject>();
  /** Cluster-scoped objects are all in the one of the empty namespace. */
  readonly #views = new Map<string, View>();
  readonly #limits: SnapshotLimits;
  /** Over all namespaces, until the next change. */
  #all: readonly CachedObject[] | undefined;
  /** The namespaces there are, until one comes or goes. */
  #order: readonly string[] | undefined;
  #lastChange: number;
  #snapshots: Snapshot[] = [];

  /** `sorted` is the state at `revision`, in key order. */
  constructor(sorted: readonly CachedObject[], revision: number, limits: SnapshotLimits) {
    this.#limits = limits;
    this.#lastChange = revision;
    for (const object of sorted) {
      this.#byKey.set(object.key, object);
      this.#viewOf(object.namespace, revision).items.push(object);
    }
  }

  get(key: string): CachedObject | undefined {
    return this.#byKey.get(key);
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The present items; an empty namespace means all. */
  list(namespace: string): readonly CachedObject[] {
    const view = this.#views.get(namespace);
    if (view !== undefined) {
      view.isShared = true;
      return view.items;
    }
    if (namespace !== allNamespaces) return nothing;
    this.#all ??= this.#join();
    return this.#all;
  }

  /** Takes the next change. `now` is its time in milliseconds. */
  apply(event: CacheEvent, now: number): void {
    const { object, revision } = event;
    if (event.type === "DELETED") this.#byKey.delete(object.key);
    else this.#byKey.set(object.key, object);
    if (this.#all !== undefined) {
      const range = { from: this.#lastChange, to: revision - 1, at: now };
      this.#remember({ namespace: allNamespaces, items: this.#all, ...range });
      this.#all = undefined;
    }
    const view = this.#viewOf(object.namespace, revision);
    this.#change(view, event, now);
    if (view.items.length === 0) {
      this.#views.delete(object.namespace);
      this.#order = undefined;
    }
    this.#lastChange = revision;
  }

  /** The items at a past revision, which the ring must reach back to unless an old list of that time is still kept. */
  at(namespace: string, revision: number, ring: EventRing, now: number): readonly CachedObject[] | undefined {
    // What has no view of its own (all namespaces, an empty one) is as it is at least since the last change of all.
    const since = this.#views.get(namespace)?.since ?? this.#lastChange;
    if (since <= revision) return this.list(namespace);
    const kept = this.#snapshots.filter((s) => s.namespace === namespace);
    const exact = kept.find((s) => s.from <= revision && revision <= s.to);
    if (exact !== undefined) return exact.items;
    if (revision < ring.floor) return undefined;
    // Changes are undone from the nearest later state there is.
    let base: Pick<Snapshot, "items" | "from"> | undefined;
    for (const snapshot of kept) {
      if (snapshot.from > revision && snapshot.from < (base?.from ?? since)) base = snapshot;
    }
    base ??= { items: this.list(namespace), from: since };
    const items = [...base.items];
    let to = base.from - 1;
    for (const event of ring.backTo(revision)) {
      if (event.revision > base.from) continue;
      if (namespace !== allNamespaces && event.object.namespace !== namespace) continue;
      undo(items, event);
      to = event.revision - 1;
    }
    this.#remember({ namespace, items, from: revision, to, at: now });
    return items;
  }

  #join(): readonly CachedObject[] {
    // In the order of the keys: `a-b/x` comes before `a/x`.
    this.#order ??= [...this.#views.keys()].sort((a, b) => compareUtf8(`${a}/`, `${b}/`));
    return nothing.concat(...this.#order.map((name) => this.#views.get(name)?.items ?? nothing));
  }

  #viewOf(namespace: string, revision: number): View {
    let view = this.#views.get(namespace);
    if (view === undefined) {
      view = { items: [], since: revision, isShared: false };
      this.#views.set(namespace, view);
      this.#order = undefined;
    }
    return view;
  }

  #change(view: View, event: CacheEvent, now: number): void {
    if (view.isShared) {
      const { items, since } = view;
      this.#remember({
        namespace: event.object.namespace,
        items,
        from: since,
        to: event.revision - 1,
        at: now,
      });
      view.items = [...items];
      view.isShared = false;
    }
    const position = positionOf(view.items, event.object.key);
    const removed = event.previous === undefined ? 0 : 1;
    if (event.type === "DELETED") view.items.splice(position, removed);
    else if (removed === 1) view.items[position] = event.object;
    else view.items.splice(position, 0, event.object);
    view.since = event.revision;
  }

  #remember(snapshot: Snapshot): void {
    const { maxSnapshots, maxItems, maxAgeMs } = this.#limits;
    const kept = this.#snapshots.filter((s) => snapshot.at - s.at <= maxAgeMs);
    kept.push(snapshot);
    let first = kept.length - 1;
    for (let items = snapshot.items.length; first > 0; first -= 1) {
      items += kept[first - 1]?.items.length ?? 0;
      if (items > maxItems || kept.length - first >= maxSnapshots) break;
    }
    this.#snapshots = kept.slice(first);
  }
}

function undo(items: CachedObject[], event: CacheEvent): void {
  const position = positionOf(items, event.object.key);
  const present = items[position]?.key === event.object.key ? 1 : 0;
  if (event.previous === undefined) items.splice(position, present);
  else items.splice(position, present, event.previous);
}
