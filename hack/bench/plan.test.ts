import { expect, test } from "vitest";
import { planOf } from "./plan.ts";

const told = (sizes: readonly number[], only: readonly string[]): string[] =>
  planOf({ sizes, only }).map(
    ({ measure, at, isLast }) => `${measure.name} ${String(at.size)}${isLast ? " and the servers end" : ""}`,
  );

test("unusually many objects come last, on the servers whose memory was measured while they were filled", () => {
  expect(told([1000, 10_000, 50_000], ["memory", "reconcile", "list", "start", "get"])).toEqual([
    "start 10000 and the servers end",
    "list 1000",
    "get 1000",
    "list 10000",
    "get 10000",
    "reconcile 10000 and the servers end",
    "memory 50000",
    "list 50000",
    "get 50000 and the servers end",
  ]);
});

test("with one number of objects, everything is measured with it, however large it is", () => {
  expect(told([20_000], ["memory", "list"])).toEqual([
    "list 20000 and the servers end",
    "memory 20000 and the servers end",
  ]);
});
