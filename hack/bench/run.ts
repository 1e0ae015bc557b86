import { performance } from "node:perf_hooks";
import type { BenchSurroundings } from "./bench.ts";
import { Bench } from "./bench.ts";
import type { AtSize, Measure } from "./measures/measure.ts";
import { measureNames, measures } from "./measures/registry.ts";
import type { BenchOptions } from "./options.ts";
import { mainSizeOf, usage } from "./options.ts";
import { describeMachine } from "./report/machine.ts";
import type { Run } from "./report/run.ts";

export interface RunSurroundings extends BenchSurroundings {
  /** Called with what there is so far, after each measure. */
  readonly progress?: (run: Run) => void;
}

/**
 * Runs the measures that are asked for. One that fails is reported and the next starts with servers of its own; the run
 * ends early only when the signal says so.
 */
export async function runBench(options: BenchOptions, surroundings: RunSurroundings = {}): Promise<Run> {
  const unknown = options.only.filter((name) => !measureNames.includes(name));
  if (unknown.length > 0) {
    throw new Error(`no measure ${unknown.join(", ")}: ${measureNames.join(", ")}\n${usage}`);
  }
  const machine = await describeMachine();
  const { sizes, reconciledUpTo, rounds, quick, only, servers } = options;
  const bench = new Bench(options, surroundings);
  const begun = performance.now();
  const soFar = (): Run => ({
    machine,
    options: { sizes, reconciledUpTo, rounds, quick, only, servers },
    seconds: Math.round((performance.now() - begun) / 1000),
    rows: bench.rows,
    failures: bench.failures,
  });
  try {
    for (const { measure, at, isLast } of planOf(options)) {
      const from = performance.now();
      try {
        await measure.run(bench, at);
      } catch (error) {
        if (bench.signal.aborted) break;
        const sized = measures.perSize.includes(measure) ? { size: at.size } : {};
        bench.fail({ measure: measure.name, ...sized }, error);
        await bench.close();
      }
      bench.say(`${measure.name} took ${((performance.now() - from) / 1000).toFixed(0)} s`);
      if (isLast) await bench.close();
      surroundings.progress?.(soFar());
    }
    return soFar();
  } finally {
    await bench.close();
  }
}

/** What runs when; after the last of those that share servers, they end. */
function planOf(options: BenchOptions): { measure: Measure; at: AtSize; isLast: boolean }[] {
  const { sizes, only } = options;
  const wanted = (some: readonly Measure[]): Measure[] =>
    some.filter(({ name }) => only.length === 0 || only.includes(name));
  const main = mainSizeOf(options);
  const once = { size: main, isFirst: true, isMain: true };
  const shared = sizes.flatMap((size) =>
    wanted(measures.perSize).map((measure) => ({
      measure,
      at: { size, isFirst: size === sizes[0], isMain: size === main },
    })),
  );
  return [
    ...wanted(measures.before).map((measure) => ({ measure, at: once, isLast: false })),
    ...shared.map((step, i) => ({ ...step, isLast: i === shared.length - 1 })),
  ];
}
