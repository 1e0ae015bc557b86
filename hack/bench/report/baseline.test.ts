import { describe, expect, test } from "vitest";
import type { Figures, Row } from "../rows.ts";
import { baselineOf, has, lossesOf, partOf, ratiosOf } from "./baseline.ts";

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

describe("a ratio is a loss", () => {
  const row = (ours: Partial<Figures>, other: Partial<Figures> = {}): Row => ({
    measure: "get",
    what: "all",
    unit: "/s",
    servers: {
      standalone: { value: 70, low: 70, high: 70, ...ours },
      native: { value: 10, low: 10, high: 10, ...other },
    },
  });
  const [rate, cpu] = ["get/all standalone/native", "get/all standalone/native cpu"];

  test.each<{ says: string; rows: readonly Row[]; lost: readonly string[] }>([
    { says: "not when it dropped by 30 percent", rows: [row({})], lost: [] },
    { says: "when it dropped by more", rows: [row({ value: 69, high: 69 })], lost: [rate] },
    { says: "not when a round was nearly as good", rows: [row({ value: 50, high: 80 })], lost: [] },
    {
      says: "not when the other one's rounds differ as much",
      rows: [row({ value: 50, high: 50 }, { low: 6 })],
      lost: [],
    },
    {
      says: "also by processor time alone",
      rows: [row({ cpu: 10, cpuLow: 9, cpuHigh: 11 }, { cpu: 35, cpuLow: 30, cpuHigh: 36 })],
      lost: [cpu],
    },
    {
      says: "not by processor time when that of a round was nearly as good",
      rows: [row({ cpu: 10, cpuLow: 9, cpuHigh: 11 }, { cpu: 35, cpuLow: 30, cpuHigh: 90 })],
      lost: [],
    },
    { says: "not when it was not measured", rows: [], lost: [] },
  ])("$says", ({ rows, lost }) => {
    const losses = lossesOf(rows, { [rate]: 10, [cpu]: 10 });
    expect(losses.map(({ what }) => what)).toEqual(lost);
  });

  test("and what is measured again is the part of the baseline that was lost", () => {
    expect(partOf({ a: 10, b: 10 }, [{ what: "b", before: 10, now: 6.9 }])).toEqual({ b: 10 });
  });
});

describe("the baseline of a run has, of the ratios by the clock and by processor time,", () => {
  const steady = { value: 100, low: 90, high: 110, cpu: 10, cpuLow: 9, cpuHigh: 11 };
  const [rate, cpu] = ["get/all standalone/bare", "get/all standalone/bare cpu"];

  test.each<{ says: string; ours: Figures; other: Figures; kept: readonly string[] }>([
    { says: "both, where the rounds agree", ours: steady, other: steady, kept: [rate, cpu] },
    {
      says: "the latter, where only the rounds by the clock differ",
      ours: steady,
      other: { ...steady, high: 190 },
      kept: [cpu],
    },
    {
      says: "the former, where only the rounds by processor time differ",
      ours: { ...steady, cpuLow: 5 },
      other: steady,
      kept: [rate],
    },
    {
      says: "the steadier, where both differ",
      ours: { ...steady, low: 10, cpuHigh: 30 },
      other: steady,
      kept: [cpu],
    },
    {
      says: "the one there is, however its rounds differ",
      ours: { value: 100, low: 10, high: 110 },
      other: steady,
      kept: [rate],
    },
  ])("$says", ({ ours, other, kept }) => {
    const row: Row = {
      measure: "get",
      what: "all",
      unit: "/s",
      servers: { standalone: ours, bare: other },
    };
    expect(Object.keys(baselineOf([row]))).toEqual(kept);
  });
});
