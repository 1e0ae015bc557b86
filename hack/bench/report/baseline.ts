import type { Row } from "../rows.ts";
import { keyOf, ratioOf } from "../rows.ts";
import { pairs } from "./table.ts";

/** Ratios by what they are of: `list/full/1000 standalone/native`. */
export type Baseline = Readonly<Record<string, number>>;

/** A ratio may be so much worse than the baseline before it counts as a loss: runs differ. */
const tolerated = 0.3;

/** The ratios of a run. */
export function ratiosOf(rows: readonly Row[]): Baseline {
  return Object.fromEntries(
    rows.flatMap((row) =>
      pairs.flatMap(([ours, other]) => {
        const ratio = ratioOf(row, ours, other);
        return ratio === undefined ? [] : [[`${keyOf(row)} ${ours}/${other}`, Number(ratio.toPrecision(3))]];
      }),
    ),
  );
}

export interface Loss {
  readonly what: string;
  readonly before: number;
  readonly now: number;
}

/** Which ratios of the run have dropped too far; only what both have is compared. */
export function lossesOf(run: Baseline, baseline: Baseline): Loss[] {
  return Object.entries(baseline).flatMap(([what, before]) => {
    const now = run[what];
    return now === undefined || now >= before * (1 - tolerated) ? [] : [{ what, before, now }];
  });
}
