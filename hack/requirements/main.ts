/**
 * Writes docs/llamastack/requirements.md from the reports that the last run of `npm run verify` left of its suites, and
 * from nothing else: a requirement whose tests that run did not run says so. Fails when a test that is named is missing or
 * fails.
 *
 * usage: npm run requirements [-- --check]   with --check, the page is compared and not written. What was not run, for want
 * of a tool, is then told, and a failure where E2E=required says that nothing may be left out.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format, resolveConfig } from "prettier";
import {
  expectedPage,
  fileOf,
  outcomeOf,
  readRuns,
  readSections,
  requirementsPage,
  testsThat,
} from "./requirements.ts";

const root = path.resolve(import.meta.dirname, "../..");
const reports = path.join(root, "node_modules/.cache/reports");
const page = path.join(root, "docs/llamastack/requirements.md");
const isCheck = process.argv.includes("--check");
const isRequired = process.env["E2E"] === "required";

async function main(): Promise<number> {
  const found = existsSync(reports) ? readdirSync(reports).filter((name) => name.endsWith(".json")) : [];
  const texts = found.map((name) => readFileSync(path.join(reports, name), "utf8"));
  const runs = readRuns(texts, root);
  const sections = readSections(path.join(import.meta.dirname, "llamastack.yaml"));
  if (runs.files.size === 0) {
    console.log("there is no report of a run: npm run verify leaves them");
    return 1;
  }
  const notRun = testsThat("not run", sections, runs);
  for (const file of new Set(notRun.map(({ test }) => fileOf(test)))) console.log(`not run: ${file}`);
  const problems = (["missing", "fail"] as const).flatMap((result) =>
    testsThat(result, sections, runs).map(({ id, test }) => `${id}: ${result}: ${test}`),
  );
  const options = await resolveConfig(page);
  const formatted = (text: string): Promise<string> => format(text, { ...options, filepath: page });
  if (isCheck) {
    const before = existsSync(page) ? readFileSync(page, "utf8") : "";
    if ((await formatted(expectedPage(before, sections, runs))) !== before)
      problems.push("docs/llamastack/requirements.md does not say what this run does: npm run requirements");
    if (isRequired && notRun.length > 0) problems.push(`${String(notRun.length)} named tests were not run`);
  } else {
    writeFileSync(page, await formatted(requirementsPage(sections, (each) => outcomeOf(each, runs))));
  }
  for (const problem of problems) console.log(problem);
  return problems.length > 0 ? 1 : 0;
}

process.exitCode = await main();
