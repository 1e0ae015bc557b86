/**
 * Requirements and the tests that show them: what is claimed stands in a file, what is so in the reports of test runs,
 * and both together in a page of the documentation.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";

export interface Requirement {
  readonly id: string;
  readonly means: string;
  /** File and beginning of a test's name, with ` > ` between the parts. */
  readonly tests: readonly string[];
  /** Why no test shows it, or what is otherwise than it says. */
  readonly reason?: string;
}

export interface Section {
  readonly title: string;
  readonly requirements: readonly Requirement[];
}

/** What became of the tests of the runs there are reports of. */
export interface Runs {
  /** Files that were run. */
  readonly files: ReadonlySet<string>;
  /** Whether a test passed, by file and full name. */
  readonly tests: ReadonlyMap<string, boolean>;
}

export type Result = "pass" | "fail" | "missing" | "not run";

/** What a page says of a requirement; one without a test is not met. */
export type Verdict = Result | "not met";

export const readSections = (file: string): readonly Section[] =>
  parse(readFileSync(file, "utf8")) as readonly Section[];

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

/** Reads reports as vitest writes them. */
export function readRuns(reports: readonly string[], root: string): Runs {
  const files = new Set<string>();
  const tests = new Map<string, boolean>();
  for (const report of reports) {
    for (const { name, assertionResults } of (JSON.parse(report) as Report).testResults) {
      const file = path.relative(root, name);
      for (const { ancestorTitles, title, status } of assertionResults) {
        if (status !== "passed" && status !== "failed") continue;
        files.add(file);
        const key = [file, ...ancestorTitles, title].join(" > ");
        tests.set(key, status === "passed" && tests.get(key) !== false);
      }
    }
  }
  return { files, tests };
}

/** The file of a named test. */
export const fileOf = (test: string): string => test.split(" > ")[0] ?? "";

/** What the runs say about a named test. */
export function resultOf(test: string, { files, tests }: Runs): Result {
  if (!files.has(fileOf(test))) return "not run";
  const found = [...tests].filter(([name]) => name.startsWith(test));
  if (found.length === 0) return "missing";
  return found.every(([, passed]) => passed) ? "pass" : "fail";
}

/** What the runs say about a requirement: the worst of its tests. */
export function outcomeOf({ tests }: Requirement, runs: Runs): Verdict {
  if (tests.length === 0) return "not met";
  const results = tests.map((test) => resultOf(test, runs));
  for (const worst of ["missing", "fail", "not run"] as const) if (results.includes(worst)) return worst;
  return "pass";
}

/** The page. */
export function requirementsPage(
  sections: readonly Section[],
  resultFor: (requirement: Requirement) => Verdict,
): string {
  const all = sections.flatMap(({ requirements }) => requirements);
  const passed = all.filter((requirement) => resultFor(requirement) === "pass").length;
  const lines = [
    "# Requirements",
    "",
    "The specification of operator-generated configuration numbers its requirements; here they are in other words, each with",
    "the tests that show it and their result in the run this page was made of. The list is",
    "[hack/requirements/llamastack.yaml](../../hack/requirements/llamastack.yaml); `npm run requirements` makes the page of",
    "it and of the reports of the last run alone: what that did not run says so. Every run of `make test` compares its own",
    "results with those that stand here, and fails when a test that is named is missing, fails or, with `E2E=required`, was",
    "not run.",
    "",
    `${passed} of ${all.length} pass.`,
    "",
  ];
  for (const { title, requirements } of sections) {
    lines.push(`## ${title}`, "");
    for (const requirement of requirements) {
      const { id, means, tests, reason } = requirement;
      lines.push(`- **${id}** ${means}: ${resultFor(requirement)}`);
      for (const test of tests) {
        const [file = "", ...names] = test.split(" > ");
        lines.push(`  - [${path.basename(file)}](../../${file}): ${names.join(" › ")}`);
      }
      if (reason !== undefined) lines.push(`  - ${reason}`);
    }
    lines.push("");
  }
  return `${lines.join("\n").trimEnd()}\n`;
}

/** The results a page tells, by id. */
export const resultsIn = (page: string): ReadonlyMap<string, Verdict> =>
  new Map(
    [...page.matchAll(/^- \*\*([A-Z0-9a-z-]+)\*\* .*: (pass|fail|not run|missing|not met)$/gm)].map(
      ([, id = "", result = ""]) => [id, result as Verdict],
    ),
  );

/** The named tests that are not there or fail, and those of files that were not run, each with its requirement. */
export function testsThat(
  result: Result,
  sections: readonly Section[],
  runs: Runs,
): readonly { readonly id: string; readonly test: string }[] {
  return sections
    .flatMap(({ requirements }) => requirements)
    .flatMap(({ id, tests }) => tests.map((test) => ({ id, test })))
    .filter(({ test }) => resultOf(test, runs) === result);
}

/**
 * What `page` should be for these runs, where it may keep what it says of requirements that were not run: a run that
 * lacks a tool proves nothing about them, neither what stands there nor something else.
 */
export function expectedPage(page: string, sections: readonly Section[], runs: Runs): string {
  const written = resultsIn(page);
  return requirementsPage(sections, (requirement) => {
    const outcome = outcomeOf(requirement, runs);
    return outcome === "not run" ? (written.get(requirement.id) ?? outcome) : outcome;
  });
}
