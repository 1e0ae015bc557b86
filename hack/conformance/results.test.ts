import { describe, expect, test } from "vitest";
import type { Behaviour, Proof } from "../../test/conformance/replay/behaviours.ts";
import type { TestRun } from "./results.ts";
import { foundResult, testRuns, writtenResults } from "./results.ts";

const replay = "test/conformance/replay/replay.test.ts";
const exchanged = (exchange: string, status = "passed"): TestRun => ({
  file: replay,
  titles: ["as kube-apiserver answers", "over HTTP/1.1", "get/objects", exchange],
  status,
});
const proof = (exchange: string, isDecided = false): Proof => ({ file: "get/objects", exchange, isDecided });
const behaviour = (tests: Behaviour["tests"] = {}): Behaviour => ({
  name: "get/object",
  priority: 1,
  says: "An object can be read.",
  tests,
});
const file = "server/handlers/get.test.ts";
const aTest = behaviour({ [file]: ["reads $what"] });

describe("the result of a behaviour in a run", () => {
  test.each<{ says: string; of?: Behaviour; by?: Proof[]; runs: TestRun[]; want: string }>([
    {
      says: "that all exchanges had the same answers",
      by: [proof("a")],
      runs: [exchanged("a")],
      want: "same",
    },
    {
      says: "how many differ as decided",
      by: [proof("a"), proof("b", true)],
      runs: [exchanged("a"), exchanged("b")],
      want: "same but for 1 decided",
    },
    {
      says: "which exchanges failed, over any protocol",
      by: [proof("a"), proof("b")],
      runs: [exchanged("a"), exchanged("b"), exchanged("b", "failed")],
      want: "failed: get/objects: b",
    },
    {
      says: "what was not run",
      by: [proof("a"), proof("b")],
      runs: [exchanged("a")],
      want: "not run: get/objects: b",
    },
    {
      says: "nothing of an exchange of the same name in another file",
      by: [proof("a")],
      runs: [{ ...exchanged("a"), titles: ["get/found", "a"] }],
      want: "not run: get/objects: a",
    },
    {
      says: "that the tests it names passed, whatever their tables filled in",
      of: aTest,
      runs: [{ file, titles: ["get", "reads everything"], status: "passed" }],
      want: "tested",
    },
    {
      says: "that one row of a table failed",
      of: aTest,
      runs: ["passed", "failed"].map((status) => ({ file, titles: [`reads ${status}`], status })),
      want: `failed: ${file}: reads $what`,
    },
    {
      says: "nothing of tests that were left out or stand elsewhere",
      of: aTest,
      runs: [
        { file, titles: ["reads this"], status: "skipped" },
        { file: replay, titles: ["reads that"], status: "passed" },
      ],
      want: `not run: ${file}: reads $what`,
    },
    {
      says: "that cases compared with kube-apiserver are the same, in whichever file they ran",
      of: behaviour({ "test/conformance/admission/webhook-cases.ts": ["denials"] }),
      runs: [
        { file: "test/conformance/aggregated/aggregated.test.ts", titles: ["denials"], status: "passed" },
      ],
      want: "same",
    },
  ])("says $says", ({ of = behaviour(), by = [], runs, want }) => {
    expect(foundResult(of, by, runs)).toBe(want);
  });
});

test("reports and rows are read as they are written", () => {
  const report = {
    testResults: [
      {
        name: "/somewhere/a/b.test.ts",
        assertionResults: [{ ancestorTitles: ["x"], title: "y", status: "passed" }],
      },
    ],
  };
  const run = { file: "a/b.test.ts", titles: ["x", "y"], status: "passed" };
  expect(testRuns([report], "/somewhere")).toEqual([run]);
  const page = "| `get/object` | 1 | It \\| is. | [a](b): “c” | same but for 1 decided |\n| `x` | 1 | y |\n";
  expect([...writtenResults(page)]).toEqual([["get/object", "same but for 1 decided"]]);
});
