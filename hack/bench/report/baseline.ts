import type { Row } from "../rows.ts";
import { atBest, cpuRatioOf, keyOf, ratioOf } from "../rows.ts";
import type { ServerName } from "../servers/server.ts";
import { pairs } from "./table.ts";

/** Ratios by what they are of, by the clock and by processor time: `list/full/1000 standalone/native`, the latter with ` cpu`. */
export type Baseline = Readonly<Record<string, number>>;

/** A ratio may be so much worse than the baseline before it counts as a loss: runs differ. */
const tolerated = 0.3;
/** And the best it could be by what its rounds differ so much: the rounds of a busy machine say little. */
const toleratedAtBest = 0.2;

/** How many times the worst it could be the best is of a ratio that says something: either way what is tolerated. */
const steady = 1 / (1 - tolerated) ** 2;

/** The ratios of a run. */
export function ratiosOf(rows: readonly Row[]): Baseline {
  return ratiosBy(rows, (row) => row);
}

/** The most they could be, by what the rounds differ: our best beside the worst of the others. */
export function bestRatiosOf(rows: readonly Row[]): Baseline {
  return ratiosBy(rows, atBest);
}

/**
 * The ratios of a run that is kept, to compare later ones with. Where its rounds differ so much that a loss could not be
 * told from chance, the steadier of the two ratios stands for both.
 */
export function baselineOf(rows: readonly Row[]): Baseline {
  const ratios = ratiosOf(rows);
  const best = bestRatiosOf(rows);
  const worst = ratiosBy(rows, (row, ours, other) => atBest(row, other, ours));
  const rangeOf = (what: string): number => (best[what] ?? Infinity) / (worst[what] ?? 0);
  const isOfUse = (what: string): boolean => {
    const twin = what.endsWith(byProcessor) ? what.slice(0, -byProcessor.length) : what + byProcessor;
    const range = rangeOf(what);
    return range <= steady || ratios[twin] === undefined || range <= rangeOf(twin);
  };
  return Object.fromEntries(Object.entries(ratios).filter(([what]) => isOfUse(what)));
}

const byProcessor = " cpu";

function ratiosBy(
  rows: readonly Row[],
  see: (row: Row, ours: ServerName, other: ServerName) => Row,
): Baseline {
  return Object.fromEntries(
    rows.flatMap((row) =>
      pairs.flatMap(([ours, other]) => {
        const name = `${keyOf(row)} ${ours}/${other}`;
        const seen = see(row, ours, other);
        return [
          [name, ratioOf(seen, ours, other)] as const,
          [name + byProcessor, cpuRatioOf(seen, ours, other)] as const,
        ].flatMap(([what, ratio]) => (ratio === undefined ? [] : [[what, Number(ratio.toPrecision(3))]]));
      }),
    ),
  );
}

/** Whether there are ratios of a row. */
export function has(baseline: Baseline, row: Pick<Row, "measure" | "what" | "size">): boolean {
  return Object.keys(baseline).some((what) => what.replace(/ \w+\/\w+(?: cpu)?$/, "") === keyOf(row));
}

export interface Loss {
  readonly what: string;
  readonly before: number;
  readonly now: number;
}

/** The part that is about these losses. */
export function partOf(baseline: Baseline, losses: readonly Loss[]): Baseline {
  return Object.fromEntries(
    Object.entries(baseline).filter(([key]) => losses.some(({ what }) => what === key)),
  );
}

/** Which ratios of a run have dropped too far; only what both have is compared. */
export function lossesOf(rows: readonly Row[], baseline: Baseline): Loss[] {
  const [run, best] = [ratiosOf(rows), bestRatiosOf(rows)];
  return Object.entries(baseline).flatMap(([what, before]) => {
    const [now, most = 0] = [run[what], best[what]];
    if (now === undefined || now >= before * (1 - tolerated) || most >= before * (1 - toleratedAtBest))
      return [];
    return [{ what, before, now }];
  });
}
