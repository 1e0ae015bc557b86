/** What a run measures when, and on which servers. */
import type { AtSize, Measure } from "./measures/measure.ts";
import { measures } from "./measures/registry.ts";
import type { BenchOptions } from "./options.ts";
import { mainSizeOf, usualSize } from "./options.ts";

export interface Step {
  readonly measure: Measure;
  readonly at: AtSize;
  /** After the last of those that share servers, they end. */
  readonly isLast: boolean;
}

/**
 * First what needs no servers or its own; then usual numbers of objects on one set of servers; then unusual numbers on new
 * ones, which take longest: who has no patience has the rest.
 */
export function planOf(options: Pick<BenchOptions, "sizes" | "only">): readonly Step[] {
  const { sizes, only } = options;
  const wanted = (some: readonly Measure[]): readonly Measure[] =>
    some.filter(({ name }) => only.length === 0 || only.includes(name));
  const main = mainSizeOf(options);
  const steps = (some: readonly Measure[], size: number): Omit<Step, "isLast">[] =>
    wanted(some).map((measure) => ({
      measure,
      at: { size, isFirst: size === sizes[0], isMain: size === main },
    }));
  const usual = sizes.filter((size) => size <= usualSize || size === main);
  const unusual = sizes.filter((size) => !usual.includes(size));
  return [
    steps(measures.before, main),
    [...usual.flatMap((size) => steps(measures.perSize, size)), ...steps(measures.after, main)],
    [
      ...steps(measures.filling, sizes.at(-1) ?? main),
      ...unusual.flatMap((size) => steps(measures.perSize, size)),
    ],
  ].flatMap((shared) => shared.map((step, i) => ({ ...step, isLast: i === shared.length - 1 })));
}
