/**
 * Which programs run when none are asked for. One half is always the same, so that what was found once stays found; the
 * other is drawn from the commit, so that every change is looked at with programs nobody has seen, and the same ones
 * each time it is looked at. What decides whether a change may land draws none: it is not to be held up by what it has
 * nothing to do with.
 */
import { createHash } from "node:crypto";

/** Seeds that follow each other. */
export interface SeedRange {
  readonly first: number;
  readonly count: number;
}

/** Programs of a number. The seed that was asked for is where all of them begin; without a commit none are drawn. */
export function seedsOf(
  programs: number,
  asked: string | undefined,
  drawnFrom: string | undefined,
): readonly SeedRange[] {
  if (asked !== undefined) return [{ first: Number(asked), count: programs }];
  if (drawnFrom === undefined) return [{ first: 1, count: programs }];
  const fixed = Math.ceil(programs / 2);
  const ranges = [
    { first: 1, count: fixed },
    { first: draw(drawnFrom), count: programs - fixed },
  ];
  return ranges.filter(({ count }) => count > 0);
}

/** All of them. */
export const everySeed = (ranges: readonly SeedRange[]): readonly number[] =>
  ranges.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i));

/** How to run them again. */
export const printRanges = (ranges: readonly SeedRange[], length: number): string =>
  ranges.map(({ first, count }) => `SEED=${String(first)} N=${String(count * length)}`).join(", ");

/** Far from the fixed ones, and from those of runs that count from one of their own. */
const draw = (from: string): number =>
  10_000_000 + (createHash("sha256").update(from).digest().readUInt32BE(0) % 1e9);
