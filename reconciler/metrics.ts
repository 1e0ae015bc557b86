/** Metrics of the reconciler, where controller-runtime has them under its names so that its dashboards fit. */
import type { Registry } from "@prometheus-io/client";
import { Counter, Gauge, Histogram } from "@prometheus-io/client";
import type { Clock } from "../machinery/clock.ts";
import type { WorkQueueObserver } from "../machinery/queue/work-queue.ts";

export type ReconcileResult = "success" | "error" | "requeue" | "requeue_after";

/** The metrics of the passes over one kind. */
export interface ControllerMetrics {
  readonly queue: WorkQueueObserver<string>;
  started(): void;
  finished(result: ReconcileResult, seconds: number): void;
}

export interface ReconcilerMetrics {
  /** Those of a controller; counting starts at zero for every result. */
  of(controller: string, workers: number): ControllerMetrics;
  /** How many resources of a kind have lost their deployment. */
  orphaned(kind: { readonly group: string; readonly kind: string }, resources: number): void;
}

const queueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];
const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

/** Registers the metrics. */
export function createReconcilerMetrics(registry: Registry, clock: Clock): ReconcilerMetrics {
  const registers = [registry];
  const labelNames = ["controller"] as const;
  const total = new Counter({
    name: "controller_runtime_reconcile_total",
    help: "Total number of reconciliations per controller",
    labelNames: ["controller", "result"],
    registers,
  });
  const errors = new Counter({
    name: "controller_runtime_reconcile_errors_total",
    help: "Total number of reconciliation errors per controller",
    labelNames,
    registers,
  });
  const seconds = new Histogram({
    name: "controller_runtime_reconcile_time_seconds",
    help: "Length of time per reconciliation per controller",
    labelNames,
    buckets: reconcileBuckets,
    registers,
  });
  const concurrent = new Gauge({
    name: "controller_runtime_max_concurrent_reconciles",
    help: "Maximum number of concurrent reconciles per controller",
    labelNames,
    registers,
  });
  const active = new Gauge({
    name: "controller_runtime_active_workers",
    help: "Number of currently used workers per controller",
    labelNames,
    registers,
  });
  const orphans = new Gauge({
    name: "hawsepipe_orphaned_resources",
    help: "Rendered resources whose ModelDeployment is gone",
    labelNames: ["group", "kind"],
    registers,
  });
  const queue = queueMetrics(registry, clock);
  return {
    of(controller, workers) {
      for (const result of ["success", "error", "requeue", "requeue_after"]) {
        total.inc({ controller, result }, 0);
      }
      errors.inc({ controller }, 0);
      concurrent.set({ controller }, workers);
      active.set({ controller }, 0);
      return {
        queue: queue(controller),
        started() {
          active.inc({ controller });
        },
        finished(result, duration) {
          active.dec({ controller });
          total.inc({ controller, result });
          if (result === "error") errors.inc({ controller });
          seconds.observe({ controller }, duration);
        },
      };
    },
    orphaned({ group, kind }, resources) {
      orphans.set({ group, kind }, resources);
    },
  };
}

function queueMetrics(registry: Registry, clock: Clock): (controller: string) => WorkQueueObserver<string> {
  const registers = [registry];
  const labelNames = ["name", "controller"];
  const depth = new Gauge({
    name: "workqueue_depth",
    help: "Current depth of workqueue",
    labelNames,
    registers,
  });
  const adds = new Counter({
    name: "workqueue_adds_total",
    help: "Total number of adds handled by workqueue",
    labelNames,
    registers,
  });
  const retries = new Counter({
    name: "workqueue_retries_total",
    help: "Total number of retries handled by workqueue",
    labelNames,
    registers,
  });
  const waited = new Histogram({
    name: "workqueue_queue_duration_seconds",
    help: "How long in seconds an item stays in workqueue before being requested",
    labelNames,
    buckets: queueBuckets,
    registers,
  });
  const worked = new Histogram({
    name: "workqueue_work_duration_seconds",
    help: "How long in seconds processing an item from workqueue takes.",
    labelNames,
    buckets: queueBuckets,
    registers,
  });
  return (controller) => {
    const labels = { name: controller, controller };
    adds.inc(labels, 0);
    retries.inc(labels, 0);
    depth.set(labels, 0);
    const addedAt = new Map<string, number>();
    const startedAt = new Map<string, number>();
    const secondsSince = (times: Map<string, number>, item: string): number => {
      const now = clock.now().getTime();
      const since = times.get(item) ?? now;
      times.delete(item);
      return (now - since) / 1000;
    };
    return {
      added(item, length) {
        adds.inc(labels);
        depth.set(labels, length);
        addedAt.set(item, clock.now().getTime());
      },
      started(item, length) {
        depth.set(labels, length);
        waited.observe(labels, secondsSince(addedAt, item));
        startedAt.set(item, clock.now().getTime());
      },
      finished(item) {
        worked.observe(labels, secondsSince(startedAt, item));
      },
      retried() {
        retries.inc(labels);
      },
    };
  };
}
