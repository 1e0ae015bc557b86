/**
 * Holds the results in docs/conformance.md against those of a run: reads the reports `npm run verify` left of its
 * suites and fails for every row that says something else than they do. What was not run, for want of a tool, is only
 * told, unless E2E=required says that nothing may be left out.
 *
 * usage: npm run proofs
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { proofs, readBehaviours } from "../test/conformance/replay/behaviours.ts";
import { readCorpus, readDecided } from "../test/conformance/replay/corpus.ts";
import type { Report } from "./conformance/results.ts";
import { foundResult, testRuns, writtenResults } from "./conformance/results.ts";
import { conformancePage } from "./generate/conformance.ts";

const root = join(import.meta.dirname, "..");
const reportFolder = join(root, "node_modules/.cache/reports");
/** The providers' CRDs are not part of the project; without them some tests are left out even so. */
const isRequired = process.env["E2E"] === "required" && process.env["HAWSEPIPE_CRDS"] !== undefined;

function main(): number {
  const files = existsSync(reportFolder) ? readdirSync(reportFolder) : [];
  const reports = files.map((file) => JSON.parse(readFileSync(join(reportFolder, file), "utf8")) as Report);
  const runs = testRuns(reports, root);
  const written = writtenResults(readFileSync(join(root, conformancePage), "utf8"));
  const proven = proofs(readCorpus(), readDecided());
  let agreed = 0;
  let different = 0;
  for (const behaviour of readBehaviours()) {
    const { name } = behaviour;
    const says = written.get(name);
    const found = foundResult(behaviour, proven.get(name) ?? [], runs);
    if (found === says) {
      agreed += 1;
      continue;
    }
    process.stdout.write(`${name}: the table says ${says ?? "nothing"}, the run ${found}\n`);
    if (isRequired || !found.startsWith("not run: ")) different += 1;
  }
  process.stdout.write(`${String(agreed)} behaviours have the result the table says\n`);
  return different > 0 ? 1 : 0;
}

process.exitCode = main();
