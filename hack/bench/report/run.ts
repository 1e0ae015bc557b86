import type { BenchOptions } from "../options.ts";
import type { Row } from "../rows.ts";

/** Where a run took place, and what of. */
export interface Machine {
  readonly processors: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly date: string;
}

/** Everything a run found, as it is written to a file. */
export interface Run {
  readonly machine: Machine;
  readonly options: Omit<BenchOptions, "json">;
  readonly rows: readonly Row[];
}
