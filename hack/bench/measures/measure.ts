import type { Bench } from "../bench.ts";

/** A part of the run by itself, which adds its rows to it. */
export interface Measure {
  readonly name: string;
  run(bench: Bench): Promise<void>;
}
