import { expect, test } from "vitest";
import type { Row } from "../rows.ts";
import { has, lossesOf, partOf, ratiosOf } from "./baseline.ts";

test("ratios are told for each pair that both have figures, also by processor time", () => {
  const figures = (value: number) => ({ value, low: value, high: value });
  const row: Row = {
    measure: "get",
    what: "all",
    unit: "ms",
    servers: { standalone: { ...figures(2), cpu: 10 }, native: { ...figures(7), cpu: 40 }, bare: figures(1) },
  };
  const ratios = ratiosOf([row]);
  expect(ratios).toEqual({
    "get/all standalone/native": 3.5,
    "get/all standalone/native cpu": 4,
    "get/all standalone/bare": 0.5,
  });
  expect(has(ratios, row)).toBe(true);
  expect(has({ "get/all of it standalone/native cpu": 1 }, row)).toBe(false);
});

test("a ratio that dropped by more than 30 percent is a loss, and one that was not measured is none", () => {
  const baseline = { a: 10, b: 10, c: 1, d: 4 };
  expect(lossesOf({ a: 7, b: 6.9, c: 5 }, baseline)).toEqual([{ what: "b", before: 10, now: 6.9 }]);
  expect(partOf(baseline, [{ what: "b", before: 10, now: 6.9 }])).toEqual({ b: 10 });
});
