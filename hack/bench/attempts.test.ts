import { describe, expect, test } from "vitest";
import { check } from "./attempts.ts";
import type { Checked } from "./attempts.ts";
import type { Baseline } from "./report/baseline.ts";
import type { Margin } from "./report/margins.ts";
import type { Failure, Run } from "./report/run.ts";
import type { Row } from "./rows.ts";

const baseline: Baseline = { "get/all standalone/native": 2, "list/all standalone/native": 2 };
const margins: readonly Margin[] = [
  { says: "large", row: "generation/large", of: "standalone", atMost: 5 },
  { says: "small", row: "generation/small", of: "standalone", atMost: 5 },
];

const figures = (value: number) => ({ value, low: value, high: value });
const rate = (measure: string, ratio: number): Row => ({
  measure,
  what: "all",
  unit: "/s",
  servers: { standalone: figures(ratio * 10), native: figures(10) },
});
const time = (what: string, value: number): Row => ({
  measure: "generation",
  what,
  unit: "ms",
  servers: { standalone: figures(value) },
});
const failure: Failure = { measure: "list", what: "all", message: "the server ended" };

/** What is found by one run after the other, and what each was asked for. */
async function checking(
  ...runs: readonly { readonly rows: readonly Row[]; readonly failures?: readonly Failure[] }[]
): Promise<Checked & { readonly asked: readonly (readonly string[])[] }> {
  const asked: string[][] = [];
  const checked = await check({
    baseline,
    margins,
    attempts: 3,
    measure: (wants, only) => {
      const { rows, failures = [] } = runs[asked.length] ?? { rows: [] };
      const known = [rate("get", 1), rate("list", 1), time("large", 1), time("small", 1)];
      asked.push([
        ...known.filter(wants).map(({ measure, what }) => `${measure} ${what}`),
        ...(only ?? ["*"]),
      ]);
      return Promise.resolve({ rows, failures } as Run);
    },
    again: () => undefined,
  });
  return { ...checked, asked };
}

const everything = ["get all", "list all", "generation large", "generation small", "*"];
const good = [rate("get", 2), rate("list", 2), time("large", 4), time("small", 4)];

describe("a check against the baseline", () => {
  test("measures once when nothing is lost", async () => {
    expect(await checking({ rows: good })).toEqual({
      compared: 2,
      losses: [],
      missed: [],
      failures: [],
      asked: [everything],
    });
  });

  test("measures again what is lost, and only that, and forgets what was a moment's", async () => {
    const { losses, missed, asked } = await checking(
      { rows: [rate("get", 1), rate("list", 2), time("large", 6), time("small", 4)] },
      { rows: [rate("get", 2), time("large", 6)] },
      { rows: [time("large", 4)] },
    );
    expect([losses, missed]).toEqual([[], []]);
    expect(asked).toEqual([
      everything,
      ["get all", "generation large", "get", "generation"],
      ["generation large", "generation"],
    ]);
  });

  test("tells what was lost each time", async () => {
    const { losses, missed, asked } = await checking(
      { rows: [rate("get", 1), rate("list", 1), time("small", 6)] },
      { rows: [rate("get", 1.1), rate("list", 2), time("small", 7)] },
      { rows: [rate("get", 1.2), time("small", 8)] },
    );
    expect(losses).toEqual([{ what: "get/all standalone/native", before: 2, now: 1.2 }]);
    expect(missed).toMatchObject([{ says: "small", measured: "8.00 ms" }]);
    expect(asked).toHaveLength(3);
  });

  test("takes what could not be measured again for lost, and says why it could not", async () => {
    const { losses, missed, failures } = await checking(
      { rows: [rate("list", 1), time("large", 6)] },
      { rows: [], failures: [failure] },
      { rows: [] },
    );
    expect(losses).toEqual([{ what: "list/all standalone/native", before: 2, now: 1 }]);
    expect(missed).toMatchObject([{ says: "large", measured: "6.00 ms" }]);
    expect(failures).toEqual([failure]);
  });

  test("says how much there was to compare", async () => {
    expect(await checking({ rows: [time("large", 4)] })).toMatchObject({ compared: 0, losses: [] });
  });
});
