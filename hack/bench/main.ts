/**
 * Measures Hawsepipe beside what one would run instead: standalone, and behind the aggregator with records; a native CRD
 * with the same schema; and a bare Node TLS server, which is the limit. All on this machine, in one run, in turn. Ratios
 * are what counts; single figures depend on the machine and the moment.
 *
 * What is there is written to the file after each row, so that a run that is ended early leaves what it has found.
 *
 * usage: npm run bench -- [--only NAME,…] [--row TEXT] [--sizes N,…] [--rounds N] [--minutes N] [--servers NAME,…] [--quick]
 *   [--json FILE]
 */
import { writeFileSync } from "node:fs";
import { readOptions } from "./options.ts";
import { printRun } from "./report/print.ts";
import { runBench } from "./run.ts";
import { untilSignalled } from "./signals.ts";

const options = readOptions(process.argv.slice(2));
const { json } = options;
const run = await untilSignalled((signal) =>
  runBench(options, {
    signal,
    ...(json === undefined
      ? {}
      : {
          progress: (soFar) => {
            writeFileSync(json, `${JSON.stringify(soFar, null, 2)}\n`);
          },
        }),
  }),
);
console.log(printRun(run));
if (run.failures.length > 0) process.exitCode ??= 1;
