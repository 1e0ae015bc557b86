import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runCrashTest } from "./crash/run.ts";

/**
 * Kills a process that writes through the embedded store, again and again, and checks that nothing acknowledged is
 * ever lost: `npm run -s node -- hack/crash-test.ts --rounds 200 [--seed N] [--keep]`. Exits non-zero on a violation and
 * leaves the database behind for a look.
 */

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    keep: { type: "boolean", default: false },
  },
});
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed)) {
  console.error("--rounds and --seed take whole numbers");
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "crash-test-"));
console.log(`crash test: ${rounds} rounds, seed ${seed}, in ${folder}`);
let acknowledged = 0;
const result = await runCrashTest({
  path: join(folder, "store.db"),
  rounds,
  seed,
  onRound: (round, verdict) => {
    acknowledged += verdict.acknowledged;
    if (round % 10 === 0 || round === rounds) {
      console.log(
        `round ${round}/${rounds}: ${acknowledged} acknowledged writes, revision ${verdict.state.revision}`,
      );
    }
  },
});
for (const violation of result.violations) console.error(`VIOLATION: ${violation}`);
console.log(
  `${result.violations.length} violations; ${result.acknowledged} acknowledged writes, ${result.events} changes in the log, ` +
    `${result.killedWhileOpening} rounds killed while opening`,
);
if (result.violations.length > 0) {
  console.error(`the database is left in ${folder}; repeat with --seed ${seed}`);
  process.exitCode = 1;
} else if (values.keep) console.log(`kept in ${folder}`);
else rmSync(folder, { recursive: true });
