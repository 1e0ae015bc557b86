/**
 * Metrics of watches, under kube-apiserver's names where it has them. What waits for slow readers is not counted as it
 * comes and goes but looked up when somebody asks, so a watch that keeps up pays nothing for it.
 */
import type { Registry } from "@prometheus-io/client";
import { Counter, Gauge, Histogram } from "@prometheus-io/client";
import { buckets } from "./buckets.ts";
import { SeriesHistogram } from "./series-histogram.ts";

const resourceLabels = ["group", "version", "resource"] as const;

/** What is watched; `scope` is `cluster`, `namespace` or `resource`, as for requests. */
export interface Watched {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly scope: "cluster" | "namespace" | "resource";
}

/** What waits for the reader of a watch. */
export interface Backlog {
  readonly events: number;
  /** Of these events, and in the buffer of the connection. */
  readonly bytes: number;
}

/** Counts what one watch does. */
export interface WatchMeter {
  /** An event of so many bytes was handed to the connection. */
  sent(bytes: number): void;
  /** All initial events were. */
  initialEvents(count: number, seconds: number): void;
  /** The watch ends because its reader is too slow. */
  tooSlow(): void;
  ended(): void;
}

/** What was sent of one resource in one version; an event goes to many, so each costs an addition or two. */
interface Sent {
  readonly labels: { readonly group: string; readonly version: string; readonly resource: string };
  events: number;
  readonly observe: (bytes: number) => void;
}

/** The metrics of all watches of a server. */
export class WatchMetrics {
  readonly #sent = new Map<string, Sent>();
  readonly #sizes;
  readonly #listDuration;
  readonly #initEvents;
  readonly #terminated;
  readonly #running = new Map<object, { readonly of: Watched; readonly backlog: () => Backlog }>();

  constructor(registry: Registry) {
    const registers = [registry];
    const events = new Counter({
      name: "apiserver_watch_events_total",
      help: "Events sent to watchers by resource.",
      labelNames: [...resourceLabels],
      registers,
      collect: () => {
        events.reset();
        for (const sent of this.#sent.values()) if (sent.events > 0) events.inc(sent.labels, sent.events);
      },
    });
    this.#sizes = new SeriesHistogram({
      name: "apiserver_watch_events_sizes",
      help: "Size of events sent to watchers in bytes.",
      labelNames: [...resourceLabels],
      buckets: buckets.eventSize,
      registry,
    });
    this.#listDuration = new Histogram({
      name: "apiserver_watch_list_duration_seconds",
      help: "Time to send the initial events of a watch that asked for them.",
      labelNames: [...resourceLabels, "scope"],
      buckets: [...buckets.watchList],
      registers,
    });
    this.#initEvents = new Counter({
      name: "apiserver_init_events_total",
      help: "Initial events sent to watchers by resource.",
      labelNames: ["group", "resource"],
      registers,
    });
    this.#terminated = new Counter({
      name: "apiserver_terminated_watchers_total",
      help: "Watches ended because their readers were too slow, by resource.",
      labelNames: ["group", "resource"],
      registers,
    });
    this.#gauge(registry, "hawsepipe_watch_backlog_events", "Events that wait for slow readers.", (all) =>
      all.reduce((sum, { events }) => sum + events, 0),
    );
    this.#gauge(
      registry,
      "hawsepipe_watch_backlog_bytes",
      "Bytes that wait for slow readers, those in the buffers of connections included.",
      (all) => all.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    this.#gauge(
      registry,
      "hawsepipe_watch_backlog_max_bytes",
      "Bytes that wait for the slowest reader.",
      (all) => all.reduce((max, { bytes }) => Math.max(max, bytes), 0),
    );
  }

  /** A watch begins; `backlog` tells what waits for its reader now. */
  started(of: Watched, backlog: () => Backlog): WatchMeter {
    const { group, version, resource, scope } = of;
    const sent = this.#sentOf(of);
    const running = {};
    this.#running.set(running, { of, backlog });
    return {
      sent: (bytes) => {
        sent.events += 1;
        sent.observe(bytes);
      },
      initialEvents: (count, seconds) => {
        this.#initEvents.inc({ group, resource }, count);
        this.#listDuration.observe({ group, version, resource, scope }, seconds);
      },
      tooSlow: () => {
        this.#terminated.inc({ group, resource });
      },
      ended: () => {
        this.#running.delete(running);
      },
    };
  }

  #sentOf({ group, version, resource }: Watched): Sent {
    const key = `${group}/${version}/${resource}`;
    const known = this.#sent.get(key);
    if (known !== undefined) return known;
    const labels = { group, version, resource };
    const sent = { labels, events: 0, observe: this.#sizes.series(labels) };
    this.#sent.set(key, sent);
    return sent;
  }

  /** A gauge by resource over the backlogs of its watches; a resource without watches has none. */
  #gauge(
    registry: Registry,
    name: string,
    help: string,
    value: (backlogs: readonly Backlog[]) => number,
  ): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: [...resourceLabels],
      registers: [registry],
      collect: () => {
        gauge.reset();
        const byResource = new Map<string, { of: Watched; backlogs: Backlog[] }>();
        for (const { of, backlog } of this.#running.values()) {
          const key = `${of.group}/${of.version}/${of.resource}`;
          const found = byResource.get(key) ?? { of, backlogs: [] };
          found.backlogs.push(backlog());
          byResource.set(key, found);
        }
        for (const { of, backlogs } of byResource.values()) {
          const { group, version, resource } = of;
          gauge.set({ group, version, resource }, value(backlogs));
        }
      },
    });
  }
}
