/**
 * Measures anew and compares the ratios, by the clock and by processor time, with the committed baseline: one that dropped
 * by more than 30 % is a failure, unless its rounds differ by as much. What seems to have dropped is measured again, on servers
 * started anew, so that a moment in which the machine was busy is none. So is a margin by the clock that is missed by what has nothing to be compared
 * with. The baseline is made of the run that was kept, `npm run generate` writes it.
 *
 * usage: npm run bench:check -- [options of the benchmark]
 */
import { readFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import path from "node:path";
import { readOptions } from "./options.ts";
import type { Baseline, Loss } from "./report/baseline.ts";
import { has, lossesOf, partOf, ratiosOf } from "./report/baseline.ts";
import { judge, margins } from "./report/margins.ts";
import type { Run } from "./report/run.ts";
import { runBench } from "./run.ts";
import { untilSignalled } from "./signals.ts";

// Rates by themselves, not what takes minutes: enough to notice that something became slow.
const standard = ["--only=generation,list,get,writes,webhook", "--sizes=1000"];
const attempts = 3;

interface Outcome {
  readonly compared: number;
  readonly losses: readonly Loss[];
  readonly first: Run;
}

const file = path.join(import.meta.dirname, "baseline.json");
const baseline = JSON.parse(readFileSync(file, "utf8")) as Baseline;
const options = readOptions([...standard, ...process.argv.slice(2)]);

async function check(signal: AbortSignal): Promise<Outcome> {
  const first = await runBench(options, { signal, wants: (row) => has(baseline, row) });
  const ratios = ratiosOf(first.rows);
  const compared = Object.keys(baseline).filter((what) => ratios[what] !== undefined).length;
  let losses = lossesOf(first.rows, baseline);
  for (let attempt = 2; attempt <= attempts && losses.length > 0 && !signal.aborted; attempt += 1) {
    tell(losses);
    const lost = partOf(baseline, losses);
    const only = [...new Set(first.rows.filter((row) => has(lost, row)).map(({ measure }) => measure))];
    const again = await runBench({ ...options, only }, { signal, wants: (row) => has(lost, row) });
    losses = lossesOf(again.rows, lost);
  }
  return { compared, losses, first };
}

function tell(losses: readonly Loss[]): void {
  for (const { what, before, now } of losses) {
    console.log(`${what}: ${String(before)} before, ${String(now)} now`);
  }
}

const [load = 0] = loadavg();
if (load > availableParallelism() / 2) {
  console.log(
    `others use this machine (load ${load.toFixed(1)}): what is found now says little, lost or not`,
  );
}
const { compared, losses, first } = await untilSignalled(check);
tell(losses);
const byTheClock = margins.filter((margin) => "row" in margin && margin.row.startsWith("generation/"));
const missed = judge(first.rows, byTheClock).filter(({ isReached }) => !isReached);
for (const { says, wanted, measured } of missed) console.log(`${says}: ${wanted} wanted, ${measured} now`);
for (const { measure, what = "", message } of first.failures) {
  console.log(`FAILED ${measure} ${what}: ${message}`);
}
console.log(`${String(losses.length)} of ${String(compared)} ratios dropped by more than 30 %`);
// A run that compares nothing proves nothing.
if (losses.length > 0 || missed.length > 0 || first.failures.length > 0 || compared === 0)
  process.exitCode ??= 1;
