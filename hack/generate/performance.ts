import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { baselineOf } from "../bench/report/baseline.ts";
import { performanceDocument } from "../bench/report/document.ts";
import { readLimits } from "../bench/report/limits.ts";
import type { Run } from "../bench/report/run.ts";

/** The page about speed and the baseline of its ratios, both of the run that was kept; nothing without one. */
export function performanceFiles(root: string): ReadonlyMap<string, string> {
  const folder = join(root, "hack/bench");
  const results = join(folder, "results.json");
  if (!existsSync(results)) return new Map();
  const run = JSON.parse(readFileSync(results, "utf8")) as Run;
  const limits = readLimits(readFileSync(join(folder, "limits.md"), "utf8"));
  return new Map([
    ["docs/performance.md", performanceDocument(run, limits)],
    ["hack/bench/baseline.json", JSON.stringify(baselineOf(run.rows))],
  ]);
}
