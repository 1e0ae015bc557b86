/** Metrics about webhooks, under kube-apiserver's names. Names of webhooks are labels: an administrator wrote them. */
import type { Registry } from "@prometheus-io/client";
import { Counter, Histogram } from "@prometheus-io/client";
import type { Verdict } from "./review.ts";

export interface WebhookCallRecord {
  readonly webhook: string;
  readonly sort: "admit" | "validating";
  readonly operation: string;
  /** Undefined when the call failed. */
  readonly verdict: Verdict | undefined;
  readonly seconds: number;
}

export class WebhookMetrics {
  readonly #duration: Histogram<"name" | "type" | "operation" | "rejected">;
  readonly #rejections: Counter<"name" | "type" | "operation" | "error_type" | "rejection_code">;
  readonly #failOpen: Counter<"name" | "type">;

  constructor(registry: Registry) {
    this.#duration = new Histogram({
      name: "apiserver_admission_webhook_admission_duration_seconds",
      help: "Admission webhook latency in seconds, by name, operation and type (validate or admit).",
      labelNames: ["name", "type", "operation", "rejected"],
      buckets: [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25],
      registers: [registry],
    });
    this.#rejections = new Counter({
      name: "apiserver_admission_webhook_rejection_count",
      help: "Admission webhook rejections, by name, operation, type and the kind of error.",
      labelNames: ["name", "type", "operation", "error_type", "rejection_code"],
      registers: [registry],
    });
    this.#failOpen = new Counter({
      name: "apiserver_admission_webhook_fail_open_count",
      help: "Admission webhooks that failed and were ignored, by name and type.",
      labelNames: ["name", "type"],
      registers: [registry],
    });
  }

  /** One call, however it ended. */
  called({ webhook, sort, operation, verdict, seconds }: WebhookCallRecord): void {
    const labels = { name: webhook, type: sort, operation };
    const rejected = verdict === undefined || !verdict.isAllowed;
    this.#duration.observe({ ...labels, rejected: String(rejected) }, seconds);
    if (!rejected) return;
    const code = verdict?.status["code"];
    this.#rejections.inc({
      ...labels,
      error_type: verdict === undefined ? "calling_webhook_error" : "no_error",
      rejection_code: String(typeof code === "number" ? Math.min(Math.max(code, 0), 600) : 0),
    });
  }

  /** A failed call that was let pass. */
  failedOpen(webhook: string, sort: "admit" | "validating"): void {
    this.#failOpen.inc({ name: webhook, type: sort });
  }
}
