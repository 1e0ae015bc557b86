/**
 * Measures anew and compares the ratios, by the clock and by processor time, with the committed baseline: one that dropped
 * by more than 30 % is a failure, unless its rounds differ by as much, when it did so each of three times. So is a time
 * that is longer than it may be of what has nothing to be compared with. The baseline is made of the run that was kept,
 * `npm run generate` writes it.
 *
 * Without options it measures what the baseline has up to the usual number of objects, memory aside, in about a quarter of
 * an hour; with `--only=memory`, `--sizes=50000` or others of the benchmark's options, that.
 *
 * usage: npm run bench:check -- [options of the benchmark]
 */
import { readFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import path from "node:path";
import { check } from "./attempts.ts";
import { readOptions, usualSize } from "./options.ts";
import type { Baseline, Loss } from "./report/baseline.ts";
import { margins } from "./report/margins.ts";
import type { Judged } from "./report/margins.ts";
import { runBench } from "./run.ts";
import { untilSignalled } from "./signals.ts";

const standard = [
  "--only=generation,webhook,list,get,writes,watch,informers",
  `--sizes=1000,${String(usualSize)}`,
  "--minutes=10",
];

const file = path.join(import.meta.dirname, "baseline.json");
const baseline = JSON.parse(readFileSync(file, "utf8")) as Baseline;
const options = readOptions([...standard, ...process.argv.slice(2)]);

function tell(losses: readonly Loss[], missed: readonly Judged[]): void {
  for (const { what, before, now } of losses) {
    const less = Math.round((1 - now / before) * 100);
    console.log(`  ${what}: ${String(before)} before, ${String(now)} now, ${String(less)} % less`);
  }
  for (const { says, wanted, measured } of missed) {
    console.log(`  ${says}: ${wanted} wanted, ${measured} now`);
  }
}

const [load = 0] = loadavg();
if (load > availableParallelism() / 2) {
  console.log(
    `others use this machine (load ${load.toFixed(1)}): what is found now says little, lost or not`,
  );
}
const { compared, losses, missed, failures } = await untilSignalled((signal) =>
  check({
    baseline,
    margins: margins.filter((margin) => "row" in margin && margin.row.startsWith("generation/")),
    attempts: 3,
    measure: (wants, only = options.only) => {
      signal.throwIfAborted();
      return runBench({ ...options, only }, { signal, wants });
    },
    again: (lost, late) => {
      console.log("measured again, as it was worse:");
      tell(lost, late);
    },
  }),
);
if (losses.length + missed.length > 0) console.log("\nLOST each time:");
tell(losses, missed);
for (const { measure, what = "", message } of failures) console.log(`FAILED ${measure} ${what}: ${message}`);
const all = Object.keys(baseline).length;
console.log(
  `${String(losses.length)} of ${String(compared)} ratios dropped by more than 30 %; the baseline has ${String(all)}`,
);
// A run that compares nothing proves nothing.
if (losses.length > 0 || missed.length > 0 || failures.length > 0 || compared === 0) process.exitCode ??= 1;
