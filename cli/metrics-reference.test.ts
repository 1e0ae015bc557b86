import { readFile } from "node:fs/promises";
import { Registry } from "@prometheus-io/client";
import { expect, test } from "vitest";
import { fakeClock } from "../machinery/clock.ts";
import { createReconcilerMetrics } from "../reconciler/metrics.ts";
import { WebhookMetrics } from "../server/admission/webhooks/metrics.ts";
import { RequestMetrics } from "../server/metrics/request-metrics.ts";
import { WatchMetrics } from "../server/metrics/watch-metrics.ts";
import { registerCertificateExpiry } from "../server/tls/serving-context.ts";

test("the reference lists exactly the metrics there are, with their types and labels", async () => {
  const registry = new Registry();
  new RequestMetrics(registry, () => 0);
  new WatchMetrics(registry);
  new WebhookMetrics(registry);
  registerCertificateExpiry(registry, () => "");
  createReconcilerMetrics(registry, { clock: fakeClock(new Date(0)), workers: 1 });
  const reference = await readFile(new URL("../docs/reference/metrics.md", import.meta.url), "utf8");
  const documented = [...reference.matchAll(/^\| `(\w+)` *\| (\w+) *\| ([^|]+) \|/gm)].map(
    ([, name = "", type = "", labels = ""]) => [name, type, labels.split(/[ ,]+/).filter(Boolean).sort()],
  );
  const existing = registry.getMetricsAsArray().map((metric) => {
    const { name, type, labelNames } = metric as unknown as {
      name: string;
      type: string;
      labelNames: string[];
    };
    return [name, type, [...labelNames].sort()];
  });
  const byName = (a: unknown[], b: unknown[]): number => String(a[0]).localeCompare(String(b[0]));
  expect(documented.sort(byName)).toEqual(existing.sort(byName));
});
