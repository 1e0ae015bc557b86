import { Registry } from "@prometheus-io/client";
import { realClock } from "../../machinery/clock.ts";
import type { ReconcilerMetrics } from "../../reconciler/metrics.ts";
import { createReconcilerMetrics } from "../../reconciler/metrics.ts";

/** Metrics of a reconciler that nobody reads. */
export const unreadMetrics = (): ReconcilerMetrics => createReconcilerMetrics(new Registry(), realClock());
