import { expect, test } from "vitest";
import type { Row } from "../rows.ts";
import type { Margin } from "./margins.ts";
import { judge } from "./margins.ts";

const row: Row = {
  measure: "list",
  what: "full",
  size: 10,
  unit: "/s",
  servers: {
    standalone: { value: 50, p99: 4, low: 1, high: 1 },
    native: { value: 10, p99: 12, low: 1, high: 1 },
  },
};

test.each<{ margin: Margin; measured: string; isReached: boolean }>([
  {
    margin: { says: "a", row: "list/full/10", ratio: ["standalone", "native"], atLeast: 5 },
    measured: "5.00",
    isReached: true,
  },
  {
    margin: { says: "b", row: "list/full/10", ratio: ["standalone", "native"], atLeast: 6 },
    measured: "5.00",
    isReached: false,
  },
  {
    margin: { says: "c", row: "list/full/10", ratio: ["standalone", "native"], atLeast: 2, of: "p99" },
    measured: "3.00",
    isReached: true,
  },
  {
    margin: { says: "d", row: "list/full/10", of: "standalone", atMost: 49 },
    measured: "50.0 ms",
    isReached: false,
  },
  {
    margin: { says: "e", row: "list/full/10", of: "standalone", atLeast: 100, times: 2 },
    measured: "100 /s",
    isReached: true,
  },
])("$margin.says: $measured", ({ margin, measured, isReached }) => {
  expect(judge([row], [margin])).toMatchObject([{ measured, isReached }]);
});

test("beside the clock stands processor time, and the least number of rounds", () => {
  const timed: Row = {
    ...row,
    servers: {
      standalone: { value: 50, low: 1, high: 1, cpu: 20_000, bytes: 200, rounds: 3 },
      native: { value: 10, low: 1, high: 1, cpu: 60_000, bytes: 100, rounds: 2 },
    },
  };
  const wanted = { says: "", row: "list/full/10", ratio: ["standalone", "native"], atLeast: 5 } as const;
  expect(
    judge(
      [timed],
      [wanted, { ...wanted, of: "bytes" }, { says: "", row: wanted.row, of: "standalone", atMost: 1 }],
    ),
  ).toMatchObject([
    { cpu: "3.00", rounds: 2 },
    { measured: "10.0", cpu: "6.00" },
    { cpu: "20.0 ms each", rounds: 3 },
  ]);
});

test("what was not measured is not judged", () => {
  expect(judge([row], [{ says: "x", row: "get/all/10", of: "native", atMost: 1 }])).toEqual([]);
  expect(
    judge([row], [{ says: "x", row: "list/full/10", ratio: ["aggregated", "native"], atLeast: 1 }]),
  ).toEqual([]);
});
