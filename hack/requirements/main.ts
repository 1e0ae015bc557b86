/**
 * Writes docs/llamastack/requirements.md from the reports of the last run of `make test`; what was not run keeps the result
 * it had. Fails when a test that is named is missing or fails.
 *
 * usage: npm run requirements [-- --check]   with --check, the page is compared and not written
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format, resolveConfig } from "prettier";
import type { Requirement } from "./requirements.ts";
import { outcomeOf, readRuns, readSections, requirementsPage, resultOf, resultsIn } from "./requirements.ts";

const root = path.resolve(import.meta.dirname, "../..");
const reports = path.join(root, "node_modules/.cache/reports");
const page = path.join(root, "docs/llamastack/requirements.md");

const found = existsSync(reports) ? readdirSync(reports).filter((name) => name.endsWith(".json")) : [];
const runs = readRuns(
  found.map((name) => readFileSync(path.join(reports, name), "utf8")),
  root,
);
const sections = readSections(path.join(import.meta.dirname, "llamastack.yaml"));
const before = existsSync(page) ? readFileSync(page, "utf8") : "";
const known = resultsIn(before);
const resultFor = (requirement: Requirement): string => {
  const { id, tests, reason } = requirement;
  if (tests.length === 0 && reason !== undefined) return "not met";
  const outcome = outcomeOf(requirement, runs);
  return outcome === "not run" ? (known.get(id) ?? outcome) : outcome;
};

const problems = sections
  .flatMap(({ requirements }) => requirements)
  .flatMap(({ id, tests }) =>
    tests
      .map((test) => ({ test, result: resultOf(test, runs) }))
      .filter(({ result }) => result === "missing" || result === "fail")
      .map(({ test, result }) => `${id}: ${result}: ${test}`),
  );
const options = await resolveConfig(page);
const text = await format(requirementsPage(sections, resultFor), { ...options, filepath: page });
if (!process.argv.includes("--check")) writeFileSync(page, text);
else if (text !== before)
  problems.push("docs/llamastack/requirements.md is not what `npm run requirements` makes");
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
