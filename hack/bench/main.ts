/**
 * Measures Hawsepipe beside what one would run instead: standalone, and behind the aggregator with records; a native CRD
 * with the same schema; and a bare Node TLS server, which is the limit. All on this machine, in one run, in turn. Ratios
 * are what counts; single figures depend on the machine and the moment.
 *
 * usage: npm run bench -- [--only NAME,…] [--sizes N,…] [--rounds N] [--servers NAME,…] [--quick] [--json FILE]
 */
import { writeFileSync } from "node:fs";
import { readOptions } from "./options.ts";
import { growthOf } from "./report/growth.ts";
import { cellsOf, columns } from "./report/table.ts";
import { runBench } from "./run.ts";

const options = readOptions(process.argv.slice(2));
const run = await runBench(options);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(run, null, 2)}\n`);

const { processors, memoryGiB, versions } = run.machine;
const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
console.log(`\n${processors}, ${String(memoryGiB)} GiB, ${named.join(", ")}`);
console.log(`medians of ${String(options.rounds)} rounds; ratios say how many times better the first is`);
for (const measure of new Set(run.rows.map((row) => row.measure))) {
  console.log(`\n${measure}\n${columns(cellsOf(run.rows.filter((row) => row.measure === measure)))}`);
}
const growth = growthOf(run.rows);
if (growth.length > 0) {
  const cells = growth.map((row) => [
    `${row.measure}: ${row.what}`,
    row.server,
    row.time.toFixed(2),
    row.bytes === undefined ? "" : row.bytes.toFixed(2),
  ]);
  console.log(
    `\ngrowth with the number of objects, as exponents\n${columns([["", "", "time", "bytes"], ...cells])}`,
  );
}
