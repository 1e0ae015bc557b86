/**
 * Compares a run with the baseline; what seems to be lost is measured again before it is believed, on servers started
 * anew, so that a moment in which the machine was busy is no loss.
 */
import type { Baseline, Loss } from "./report/baseline.ts";
import { has, lossesOf, partOf, ratiosOf } from "./report/baseline.ts";
import type { Judged, Margin } from "./report/margins.ts";
import { judge } from "./report/margins.ts";
import type { Failure, Run } from "./report/run.ts";
import type { Row } from "./rows.ts";
import { keyOf } from "./rows.ts";

export interface CheckOptions {
  readonly baseline: Baseline;
  /** What is wanted of rows that have nothing to be compared with. */
  readonly margins: readonly Margin[];
  /** How often something is measured before it counts as lost. */
  readonly attempts: number;
  /** Measures the rows that are wanted; of these measures, or of all that were asked for. */
  readonly measure: (wants: (row: RowHead) => boolean, only?: readonly string[]) => Promise<Run>;
  /** Called with what will be measured again. */
  readonly again: (losses: readonly Loss[], missed: readonly Judged[]) => void;
}

export interface Checked {
  /** How many ratios of the baseline there were to compare. */
  readonly compared: number;
  /** What was lost each time. */
  readonly losses: readonly Loss[];
  readonly missed: readonly Judged[];
  /** What could not be measured, in any of the runs. */
  readonly failures: readonly Failure[];
}

type RowHead = Pick<Row, "measure" | "what" | "size">;

/** Measures until nothing is lost any more, or the attempts are over. */
export async function check({ baseline, margins, attempts, measure, again }: CheckOptions): Promise<Checked> {
  const wantedOf = (left: readonly Margin[]) => (row: RowHead) =>
    left.some((margin) => "row" in margin && margin.row === keyOf(row));
  const isWanted = wantedOf(margins);
  const first = await measure((row) => has(baseline, row) || isWanted(row));
  const ratios = ratiosOf(first.rows);
  const compared = Object.keys(baseline).filter((what) => ratios[what] !== undefined).length;
  const failures = [...first.failures];
  let losses = lossesOf(first.rows, baseline);
  let missed = missedOf(first.rows, margins);
  for (let attempt = 2; attempt <= attempts && losses.length + missed.length > 0; attempt += 1) {
    again(losses, missed);
    const lost = partOf(baseline, losses);
    const left = margins.filter((margin) => missed.some(({ says }) => says === margin.says));
    const isLost = (row: RowHead): boolean => has(lost, row) || wantedOf(left)(row);
    const only = [...new Set(first.rows.filter(isLost).map((row) => row.measure))];
    const { rows, failures: more } = await measure(isLost, only);
    failures.push(...more);
    // What could not be measured again is no better than it was.
    const found = ratiosOf(rows);
    losses = [...losses.filter(({ what }) => found[what] === undefined), ...lossesOf(rows, lost)];
    const judged = judge(rows, left);
    missed = [
      ...missed.filter(({ says }) => !judged.some((one) => one.says === says)),
      ...missedOf(rows, left),
    ];
  }
  return { compared, losses, missed, failures };
}

const missedOf = (rows: readonly Row[], margins: readonly Margin[]): readonly Judged[] =>
  judge(rows, margins).filter(({ isReached }) => !isReached);
