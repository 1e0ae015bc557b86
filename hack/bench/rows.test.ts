import { describe, expect, test } from "vitest";
import type { Row } from "./rows.ts";
import { keyOf, ratioOf, summarize } from "./rows.ts";

const figures = (value: number): Row["servers"][keyof Row["servers"]] => ({ value, low: value, high: value });

describe("a ratio says how many times better", () => {
  test.each<{ unit: Row["unit"]; ours: number; other: number; ratio: number }>([
    { unit: "/s", ours: 300, other: 100, ratio: 3 },
    { unit: "ms", ours: 50, other: 100, ratio: 2 },
    { unit: "KiB", ours: 8, other: 4, ratio: 0.5 },
  ])("$ours against $other $unit", ({ unit, ours, other, ratio }) => {
    const row: Row = {
      measure: "list",
      what: "full",
      unit,
      servers: { standalone: figures(ours)!, native: figures(other)! },
    };
    expect(ratioOf(row, "standalone", "native")).toBe(ratio);
    expect(ratioOf(row, "aggregated", "native")).toBeUndefined();
  });
});

test("rounds are summed up by their medians, and what no round has stays away", () => {
  const samples = [
    { value: 3, p99: 9, cpu: 1 },
    { value: 1, p99: 7, cpu: 5 },
    { value: 2, p99: 8, cpu: 3 },
  ];
  expect(summarize(samples)).toEqual({
    value: 2,
    low: 1,
    high: 3,
    rounds: 3,
    cpuLow: 1,
    cpuHigh: 5,
    p99: 8,
    cpu: 3,
  });
});

test("a row is known by its measure, its name and its size", () => {
  expect(keyOf({ measure: "list", what: "full", size: 1000 })).toBe("list/full/1000");
  expect(keyOf({ measure: "start", what: "empty" })).toBe("start/empty");
});
