import type { BenchSurroundings } from "./bench.ts";
import { Bench } from "./bench.ts";
import { measures } from "./measures/registry.ts";
import type { BenchOptions } from "./options.ts";
import { usage } from "./options.ts";
import type { Run } from "./report/run.ts";
import { describeMachine } from "./report/machine.ts";

/** Runs the measures that are asked for. A server that ends or refuses ends the run with an error. */
export async function runBench(options: BenchOptions, surroundings: BenchSurroundings = {}): Promise<Run> {
  const unknown = options.only.filter((name) => !measures.some((measure) => measure.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `no measure ${unknown.join(", ")}: ${measures.map(({ name }) => name).join(", ")}\n${usage}`,
    );
  }
  const bench = new Bench(options, surroundings);
  try {
    for (const measure of measures) {
      if (options.only.length === 0 || options.only.includes(measure.name)) await measure.run(bench);
    }
    const { sizes, rounds, quick, only, servers } = options;
    return {
      machine: await describeMachine(),
      options: { sizes, rounds, quick, only, servers },
      rows: bench.rows,
    };
  } finally {
    await bench.close();
  }
}
