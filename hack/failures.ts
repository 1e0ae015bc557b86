/**
 * What failed, in a few lines each: a log of which only the end is kept then still says what to look for.
 */

/** The part of vitest's JSON report that tells of failures. */
export interface Report {
  readonly testResults?: readonly {
    readonly name?: string;
    readonly status?: string;
    readonly message?: string;
    readonly assertionResults?: readonly {
      readonly status?: string;
      readonly fullName?: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

const mostFailures = 20;
const mostAtTheBeginning = 1500;
const mostAtTheEnd = 2500;

/** One entry for each failed test, and for each file that did not load: its name and its message. */
export function failuresOf(report: Report): readonly string[] {
  const failures = (report.testResults ?? []).flatMap((file) => {
    const tests = (file.assertionResults ?? [])
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages }) => entry(fullName ?? "", failureMessages?.[0] ?? ""));
    // A file that does not load has no tests to fail.
    return tests.length === 0 && file.status === "failed"
      ? [entry(file.name ?? "", file.message ?? "")]
      : tests;
  });
  const rest = failures.length - mostFailures;
  return rest > 0 ? [...failures.slice(0, mostFailures), `and ${String(rest)} more`] : failures;
}

function entry(name: string, message: string): string {
  const lines = message.split("\n").filter((line) => !/^\s+at .*\/node_modules\//.test(line));
  const text = lines.join("\n").trim();
  return [name, ...(text === "" ? [] : shortened(text).split("\n"))].join("\n    ");
}

/** What was found stands at the beginning of a message or, after what led to it, at its end. */
const shortened = (text: string): string =>
  text.length > mostAtTheBeginning + mostAtTheEnd
    ? `${text.slice(0, mostAtTheBeginning)} … ${text.slice(-mostAtTheEnd)}`
    : text;
