/**
 * What a run of all suites says of the behaviours in docs/conformance.md: each exchange and each test that a row names
 * is looked up in the reports of the run, and the result that follows is held against the one in the row.
 */
import type { Behaviour, Proof } from "../../test/conformance/replay/behaviours.ts";
import { isNamed } from "../../test/conformance/replay/titles.ts";
import { proofResult } from "../generate/proof-result.ts";

/** One test of a run. */
export interface TestRun {
  /** From the root of the repository. */
  readonly file: string;
  /** Of the groups it is in, outermost first, and its own. */
  readonly titles: readonly string[];
  readonly status: string;
}

/** The report of one suite as vitest writes it. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

/** The tests of some reports. */
export const testRuns = (reports: readonly Report[], root: string): readonly TestRun[] =>
  reports.flatMap(({ testResults }) =>
    testResults.flatMap(({ name, assertionResults }) => {
      const file = name.slice(root.length + 1);
      return assertionResults.map(({ ancestorTitles, title, status }) => ({
        file,
        titles: [...ancestorTitles, title],
        status,
      }));
    }),
  );

/** The result each row of the page gives: behaviour → last cell. */
export function writtenResults(page: string): ReadonlyMap<string, string> {
  const rows = page.matchAll(/^\| `([a-z0-9-]+\/[a-z0-9-]+)` \|.*\| ([^|]+) \|$/gm);
  return new Map([...rows].map(([, name = "", result = ""]) => [name, result]));
}

const replay = "test/conformance/replay/replay.test.ts";

/** What came of a behaviour's proofs in a run: what its row should say, or which of them did not pass. */
export function foundResult({ tests }: Behaviour, by: readonly Proof[], runs: readonly TestRun[]): string {
  const wanted = [
    ...by.map(({ file, exchange }) => ({
      what: `${file}: ${exchange}`,
      found: runs.filter(
        (run) => run.file === replay && run.titles.at(-1) === exchange && run.titles.includes(file),
      ),
    })),
    ...Object.entries(tests).flatMap(([file, titles]) =>
      titles.map((title) => ({
        what: `${file}: ${title}`,
        found: runs.filter((run) => isRunOf(run, file, title)),
      })),
    ),
  ];
  const open = wanted.filter(({ found }) => !found.some(({ status }) => status === "passed"));
  const failed = wanted.filter(({ found }) => found.some(({ status }) => status === "failed"));
  if (failed.length > 0) return `failed: ${failed.map(({ what }) => what).join(", ")}`;
  if (open.length > 0) return `not run: ${open.map(({ what }) => what).join(", ")}`;
  return proofResult(by, tests);
}

/** Cases that stand in a file of their own run in whichever file asks for them. */
function isRunOf({ file, titles }: TestRun, wanted: string, title: string): boolean {
  if (wanted.endsWith(".test.ts") && file !== wanted) return false;
  return titles.some((reported) => isNamed(reported, title));
}
