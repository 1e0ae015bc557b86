import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import {
  expectedPage,
  fileOf,
  outcomeOf,
  readRuns,
  readSections,
  requirementsPage,
  resultOf,
  resultsIn,
  testsThat,
} from "./requirements.ts";

const root = path.resolve(import.meta.dirname, "../..");
const sections = readSections(path.join(import.meta.dirname, "llamastack.yaml"));
const all = sections.flatMap(({ requirements }) => requirements);

describe("the requirements", () => {
  test("are each there once, and named by the specification's ids", () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(all.length).toBeGreaterThanOrEqual(100);
    expect(all.filter(({ id }) => !/^N?FR-\d{3}[a-j]?1?$/.test(id))).toEqual([]);
  });

  test("have a test in a file that is there, or a reason", () => {
    for (const { id, tests, reason } of all) {
      expect([id, tests.length > 0 || reason !== undefined]).toEqual([id, true]);
      for (const name of tests) {
        const file = path.join(root, fileOf(name));
        expect([name, existsSync(file)]).toEqual([name, true]);
        const [, group = ""] = name.split(" > ");
        // The first part of a name may be made of parameters; the words around them stand in the file.
        const words = group.split(/ (?:basic|token|over) /)[0] ?? "";
        expect([name, readFileSync(file, "utf8").includes(words)]).toEqual([name, true]);
      }
    }
  });

  test("are told on the page, and at least 95 of them pass", () => {
    const results = resultsIn(readFileSync(path.join(root, "docs/llamastack/requirements.md"), "utf8"));
    expect([...results.keys()].sort()).toEqual(all.map(({ id }) => id).sort());
    expect([...results.values()].filter((result) => result === "pass").length).toBeGreaterThanOrEqual(95);
  });
});

describe("what runs say", () => {
  const report = JSON.stringify({
    testResults: [
      {
        name: "/r/a.test.ts",
        assertionResults: [
          { ancestorTitles: ["group"], title: "case one", status: "passed" },
          { ancestorTitles: ["group"], title: "case two", status: "failed" },
        ],
      },
      {
        name: "/r/skipped.test.ts",
        assertionResults: [{ ancestorTitles: [], title: "x", status: "pending" }],
      },
    ],
  });
  const runs = readRuns([report], "/r");

  test.each([
    ["a.test.ts > group > case one", "pass"],
    ["a.test.ts > group > case t", "fail"],
    ["a.test.ts > group", "fail"],
    ["a.test.ts > other", "missing"],
    ["skipped.test.ts > x", "not run"],
    ["b.test.ts > group", "not run"],
  ])("about %s is %s", (name, want) => {
    expect(resultOf(name, runs)).toBe(want);
  });

  test("the worst of its tests counts for a requirement", () => {
    const of = (...tests: string[]) => outcomeOf({ id: "X", means: "", tests }, runs);
    expect(of("a.test.ts > group > case one", "b.test.ts > x")).toBe("not run");
    expect(of("a.test.ts > group > case two", "b.test.ts > x")).toBe("fail");
    expect(of("a.test.ts > group > case two", "a.test.ts > other")).toBe("missing");
  });

  test("a page tells what was put into it", () => {
    const page = requirementsPage(
      [
        {
          title: "T",
          requirements: [{ id: "FR-001", means: "a: b", tests: ["a.test.ts > g > c"], reason: "why" }],
        },
      ],
      () => "pass",
    );
    expect(page).toContain("1 of 1 pass.");
    expect(page).toContain("[a.test.ts](../../a.test.ts): g › c");
    expect([...resultsIn(page)]).toEqual([["FR-001", "pass"]]);
  });

  const one = (...tests: string[]) => [{ title: "T", requirements: [{ id: "FR-001", means: "a", tests }] }];

  test("a page of a run says of what was not run just that, whatever a page said before", () => {
    const sections = one("b.test.ts > x");
    const page = requirementsPage(sections, (each) => outcomeOf(each, runs));
    expect([...resultsIn(page)]).toEqual([["FR-001", "not run"]]);
    expect(page).toContain("0 of 1 pass.");
  });

  test("a check keeps what stands there of what was not run, and of nothing else", () => {
    const page = (sections: ReturnType<typeof one>): string => requirementsPage(sections, () => "pass");
    const resultIn = (text: string): unknown => resultsIn(text).get("FR-001");
    const absent = one("b.test.ts > x");
    expect(expectedPage(page(absent), absent, runs)).toBe(page(absent));
    expect(resultIn(expectedPage("", absent, runs))).toBe("not run");
    const failing = one("a.test.ts > group > case two");
    expect(resultIn(expectedPage(page(failing), failing, runs))).toBe("fail");
    const passing = one("a.test.ts > group > case one");
    const stale = requirementsPage(passing, () => "not run");
    expect(resultIn(expectedPage(stale, passing, runs))).toBe("pass");
  });

  test("what was not run is told by its names", () => {
    const sections = one("a.test.ts > group > case one", "b.test.ts > x");
    expect(testsThat("not run", sections, runs)).toEqual([{ id: "FR-001", test: "b.test.ts > x" }]);
    expect(testsThat("missing", sections, runs)).toEqual([]);
  });

  test("what no test shows is not met", () => {
    expect(outcomeOf({ id: "X", means: "", tests: [], reason: "why" }, runs)).toBe("not met");
  });
});
