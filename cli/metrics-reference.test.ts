import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { Registry } from "@prometheus-io/client";
import { expect, test } from "vitest";
import { fakeClock } from "../machinery/clock.ts";
import { createReconcilerMetrics } from "../reconciler/metrics.ts";
import { WebhookMetrics } from "../server/admission/webhooks/metrics.ts";
import { measureEventLoop } from "../server/metrics/event-loop-metrics.ts";
import { registerKeptForms } from "../server/metrics/kept-forms-metrics.ts";
import { RequestMetrics } from "../server/metrics/request-metrics.ts";
import { WatchMetrics } from "../server/metrics/watch-metrics.ts";
import { registerCertificateExpiry } from "../server/tls/serving-context.ts";
import { documentedMetrics } from "./testing/documented-metrics.ts";

const root = path.join(import.meta.dirname, "..");
const folders = ["admission", "api", "cli", "cluster", "conversion", "machinery", "reconciler", "server"];

/** How the metrics of each source that makes any are registered. That these are all that run is checked end to end. */
const registrations: Readonly<Record<string, (registry: Registry) => unknown>> = {
  "reconciler/metrics.ts": (registry) => createReconcilerMetrics(registry, fakeClock(new Date(0))),
  "server/admission/webhooks/metrics.ts": (registry) => new WebhookMetrics(registry),
  "server/metrics/event-loop-metrics.ts": (registry) =>
    measureEventLoop(registry, fakeClock(new Date(0)), () => 0),
  "server/metrics/kept-forms-metrics.ts": (registry) => {
    registerKeptForms(registry, () => 0);
  },
  "server/metrics/request-metrics.ts": (registry) => new RequestMetrics(registry, () => 0),
  "server/metrics/watch-metrics.ts": (registry) => new WatchMetrics(registry),
  "server/tls/serving-context.ts": (registry) => registerCertificateExpiry(registry, () => ""),
};

test("every source that makes metrics is known here", () => {
  const sources = folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .map((file) => path.posix.join(folder, file)),
  );
  const making = sources.filter((file) =>
    /\bnew (Counter|SeriesHistogram|Gauge|Histogram|Summary)\b/.test(
      readFileSync(path.join(root, file), "utf8"),
    ),
  );
  expect(making.sort()).toEqual(Object.keys(registrations).sort());
});

test("the reference lists exactly the metrics there are, with their types and labels", () => {
  const registry = new Registry();
  for (const register of Object.values(registrations)) register(registry);
  const existing = registry.getMetricsAsArray().map((metric) => {
    const { name, type, labelNames } = metric as unknown as {
      name: string;
      type: string;
      labelNames: string[];
    };
    return { name, type, labels: [...labelNames].sort() };
  });
  const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name);
  expect(documentedMetrics().sort(byName)).toEqual(existing.sort(byName));
});
