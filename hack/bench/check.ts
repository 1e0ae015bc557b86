/**
 * Measures anew and compares the ratios with the committed baseline: one that dropped by more than 30 % is a failure.
 * With --write the ratios of this run become the baseline.
 *
 * usage: npm run bench:check -- [--write] [options of the benchmark]
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readOptions } from "./options.ts";
import type { Baseline } from "./report/baseline.ts";
import { lossesOf, ratiosOf } from "./report/baseline.ts";
import { runBench } from "./run.ts";

const file = path.join(import.meta.dirname, "baseline.json");
const args = process.argv.slice(2);
const isWriting = args.includes("--write");
if (!isWriting && !existsSync(file)) throw new Error("there is no baseline yet: make one with --write");
// Rates by themselves, not what takes minutes: enough to notice that something became slow.
const standard = ["--only=list,get,writes,webhook", "--sizes=1000"];
const run = await runBench(readOptions([...standard, ...args.filter((arg) => arg !== "--write")]));
const ratios = ratiosOf(run.rows);
if (isWriting) {
  writeFileSync(file, `${JSON.stringify(ratios, null, 2)}\n`);
} else {
  const baseline = JSON.parse(readFileSync(file, "utf8")) as Baseline;
  const losses = lossesOf(ratios, baseline);
  for (const { what, before, now } of losses) {
    console.log(`${what}: ${String(before)} before, ${String(now)} now`);
  }
  const compared = Object.keys(baseline).filter((what) => ratios[what] !== undefined).length;
  console.log(`${String(losses.length)} of ${String(compared)} ratios dropped by more than 30 %`);
  // A run that compares nothing proves nothing.
  process.exitCode = losses.length > 0 || compared === 0 ? 1 : 0;
}
