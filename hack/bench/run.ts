import type { BenchSurroundings } from "./bench.ts";
import { Bench } from "./bench.ts";
import { measureNames, measures } from "./measures/registry.ts";
import type { BenchOptions } from "./options.ts";
import { usage } from "./options.ts";
import { planOf } from "./plan.ts";
import { describeMachine } from "./report/machine.ts";
import type { Run } from "./report/run.ts";

export interface RunSurroundings extends Omit<BenchSurroundings, "added"> {
  /** Called with what there is so far, after each row. */
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
  const { progress, ...others } = surroundings;
  const { json: _json, ...told } = options;
  const bench: Bench = new Bench(options, { ...others, added: () => progress?.(soFar()) });
  const soFar = (): Run => ({
    machine,
    options: told,
    seconds: Math.round(bench.seconds),
    rows: bench.rows,
    failures: bench.failures,
  });
  try {
    for (const { measure, at, isLast } of planOf(options)) {
      const from = bench.seconds;
      bench.allow(measure.seconds);
      try {
        await measure.run(bench, at);
      } catch (error) {
        if (bench.signal.aborted) break;
        const sized = measures.perSize.includes(measure) ? { size: at.size } : {};
        bench.fail({ measure: measure.name, ...sized }, error);
        await bench.close();
      }
      bench.say(`${measure.name} took ${(bench.seconds - from).toFixed(0)} s`);
      if (isLast) await bench.close();
      progress?.(soFar());
    }
    return soFar();
  } finally {
    await bench.close();
  }
}
