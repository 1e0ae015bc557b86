/**
 * Measures anew and compares the ratios with the committed baseline: one that dropped by more than 30 % is a failure. So
 * is a margin by the clock that is missed by what has nothing to be compared with. The baseline is made of the run that was
 * kept, `npm run generate` writes it.
 *
 * usage: npm run bench:check -- [options of the benchmark]
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { readOptions } from "./options.ts";
import type { Baseline } from "./report/baseline.ts";
import { lossesOf, ratiosOf } from "./report/baseline.ts";
import { judge, margins } from "./report/margins.ts";
import { runBench } from "./run.ts";
import { untilSignalled } from "./signals.ts";

// Rates by themselves, not what takes minutes: enough to notice that something became slow.
const standard = ["--only=generation,list,get,writes,webhook", "--sizes=1000"];

const file = path.join(import.meta.dirname, "baseline.json");
const baseline = JSON.parse(readFileSync(file, "utf8")) as Baseline;
const options = readOptions([...standard, ...process.argv.slice(2)]);
const { rows, failures } = await untilSignalled((signal) => runBench(options, { signal }));
const ratios = ratiosOf(rows);
const losses = lossesOf(ratios, baseline);
for (const { what, before, now } of losses) {
  console.log(`${what}: ${String(before)} before, ${String(now)} now`);
}
const byTheClock = margins.filter((margin) => "row" in margin && margin.row.startsWith("generation/"));
const missed = judge(rows, byTheClock).filter(({ isReached }) => !isReached);
for (const { says, wanted, measured } of missed) console.log(`${says}: ${wanted} wanted, ${measured} now`);
for (const { measure, what = "", message } of failures) console.log(`FAILED ${measure} ${what}: ${message}`);
const compared = Object.keys(baseline).filter((what) => ratios[what] !== undefined).length;
console.log(`${String(losses.length)} of ${String(compared)} ratios dropped by more than 30 %`);
// A run that compares nothing proves nothing.
if (losses.length > 0 || missed.length > 0 || failures.length > 0 || compared === 0) process.exitCode ??= 1;
