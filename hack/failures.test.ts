import { expect, test } from "vitest";
import { failuresOf } from "./failures.ts";

const failed = (fullName: string, message: string): object => ({
  status: "failed",
  fullName,
  failureMessages: [message],
});

test("a test that failed is named with how its message begins, and one that passed is not", () => {
  const assertionResults = [{ status: "passed", fullName: "good" }, failed("bad", "one\ntwo")];
  expect(failuresOf({ testResults: [{ status: "failed", assertionResults }] })).toEqual([
    "bad\n    one\n    two",
  ]);
});

test("of where it happened, places in other people's code are left out", () => {
  const message = "Error: no\n    at a (/x/a.test.ts:1:1)\n    at b (file:///x/node_modules/vitest/b.js:1:1)";
  const assertionResults = [failed("bad", message)];
  expect(failuresOf({ testResults: [{ assertionResults }] })).toEqual([
    "bad\n    Error: no\n        at a (/x/a.test.ts:1:1)",
  ]);
});

test("a long message loses its middle", () => {
  const message = "x".repeat(3000) + "y".repeat(3000);
  const [text = ""] = failuresOf({ testResults: [{ assertionResults: [failed("bad", message)] }] });
  expect(text).toMatch(/^bad\n {4}x{1500} … y{2500}$/);
});

test("a file that does not load is named, for it has no tests", () => {
  const file = { name: "a.test.ts", status: "failed", message: "no such module", assertionResults: [] };
  expect(failuresOf({ testResults: [file] })).toEqual(["a.test.ts\n    no such module"]);
});

test("of many failures the first twenty are named, and how many there are besides", () => {
  const assertionResults = Array.from({ length: 23 }, (_, n) => failed(`test ${String(n)}`, ""));
  const failures = failuresOf({ testResults: [{ assertionResults }] });
  expect(failures).toHaveLength(21);
  expect(failures.at(-1)).toBe("and 3 more");
});
