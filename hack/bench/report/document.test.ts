import { expect, test } from "vitest";
import type { Row } from "../rows.ts";
import { performanceDocument } from "./document.ts";
import type { Run } from "./run.ts";

const figures = (value: number, bytes?: number): NonNullable<Row["servers"]["native"]> => ({
  value,
  low: value * 0.9,
  high: value * 1.1,
  p99: 1000 / value,
  cpu: 1e6 / value,
  rounds: 3,
  client: value / 10,
  ...(bytes === undefined ? {} : { bytes }),
});
/** As many as make ten in a second keep the client busy. */
const list = (size: number): Row => ({
  measure: "list",
  what: "full",
  size,
  unit: "/s",
  servers: { standalone: figures(1e5 / size, size * 100), native: figures(2e4 / size, size * 100) },
});
const run: Run = {
  machine: {
    processors: "2 × Test",
    memoryGiB: 8,
    kernel: "6.1",
    versions: { node: "v24", etcd: "3.6" },
    date: "2026-01-02",
  },
  options: {
    only: [],
    row: "",
    minutes: 25,
    sizes: [1000, 10_000],
    rounds: 3,
    quick: false,
    servers: ["standalone", "native"],
  },
  seconds: 900,
  rows: [list(1000), list(10_000)],
  failures: [{ measure: "get", message: "it broke" }],
};

test("the page says where the run was, what it found, what it missed and why", () => {
  const why = "An answer takes {{list/full/10000 native cpu}} µs.";
  const page = performanceDocument(run, new Map([["LIST: standalone / native", why]]));
  expect(page).toContain("on 2026-01-02: 2 × Test, 8 GiB");
  expect(page).toContain(
    "node v24, etcd 3.6; `--sizes 1000,10000 --rounds 3 --servers standalone,native`, 15 minutes",
  );
  expect(page).toContain("Failed: get: it broke");
  expect(page).toContain("1 of 36 are reached.");
  expect(page).toContain("| LIST | standalone / native | ≥ 10 | 5.00 | 5.00 | 3 | **not reached** |");
  expect(page).toContain("| GET | standalone / native | ≥ 3 | not measured |  |  |  |");
  expect(page).toContain("### LIST: standalone / native\n\nAn answer takes 500,000 µs.");
  expect(page).toContain(
    "| full, 10,000 objects | 10.0/s ±10% ▲ | 100 ms | 2.00/s ±10% | 500 ms | 5.00 | 3 |",
  );
  expect(page).toContain("| list: full | standalone | 1,000 10,000 | 1.00 | 1.00 |");
});

test("a page is not made that says of something missed nothing more", () => {
  expect(() => performanceDocument(run, new Map())).toThrow('nothing under "## LIST: standalone / native"');
});
