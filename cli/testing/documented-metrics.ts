import { readFileSync } from "node:fs";

export interface DocumentedMetric {
  readonly name: string;
  readonly type: string;
  /** Sorted. */
  readonly labels: readonly string[];
}

/** What docs/reference/metrics.md says there is. */
export function documentedMetrics(): DocumentedMetric[] {
  const reference = readFileSync(new URL("../../docs/reference/metrics.md", import.meta.url), "utf8");
  return [...reference.matchAll(/^\| `(\w+)` *\| (\w+) *\| ([^|]+) \|/gm)].map(
    ([, name = "", type = "", labels = ""]) => ({
      name,
      type,
      labels: labels.split(/[ ,]+/).filter(Boolean).sort(),
    }),
  );
}
