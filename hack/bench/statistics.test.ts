import { expect, test } from "vitest";
import { median, quantile, slopeOf } from "./statistics.ts";

test.each([
  { samples: [3, 1, 2], middle: 2 },
  { samples: [1, 2], middle: 1.5 },
  { samples: [7], middle: 7 },
])("the median of $samples is $middle", ({ samples, middle }) => {
  expect(median(samples)).toBe(middle);
});

test("nothing has no median", () => {
  expect(median([])).toBeNaN();
});

test("of a hundred samples the last is above the 99th percentile", () => {
  const samples = Array.from({ length: 100 }, (_, i) => i);
  expect(quantile(samples, 0.5)).toBe(50);
  expect(quantile(samples, 0.99)).toBe(99);
});

test("the slope of a line is found, whatever it starts from", () => {
  expect(slopeOf([1000, 10_000, 50_000].map((x) => [x, 80_000 + 4.5 * x]))).toBeCloseTo(4.5, 9);
});
